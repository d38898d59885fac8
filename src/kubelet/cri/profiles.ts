/** The runtimes that a node may be configured with, where they differ for those above them. */

export type RuntimeKind = 'containerd' | 'cri-o' | 'docker'

export interface RuntimeProfile {
  readonly kind: RuntimeKind
  /** Prefix of container ids in the API: `containerd://...`. */
  readonly name: string
  readonly version: string
  /** Where the kubelet dials. */
  readonly endpoint: string
  /** Time of each verb on a quiet node, ms. */
  readonly latency: {
    readonly runPodSandbox: number
    readonly startContainer: number
    readonly stopPodSandbox: number
    readonly updateContainerResources: number
  }
  /** What happens below one verb, for learners: who does what. `{image}`, `{id}` and `{pod}` are filled in. */
  readonly steps: Readonly<
    Record<'runPodSandbox' | 'pullImage' | 'createContainer' | 'startContainer', readonly Step[]>
  >
  /** What becomes of a container whose command cannot be executed. */
  readonly startFailure: StartFailure
  /** Why a v1.33 kubelet does not start with it. */
  readonly refused?: string
}

export interface Step {
  readonly actor: string
  readonly text: string
}

/**
 * containerd and Docker hear of it when they start the container, CRI-O already when it creates it, since it runs
 * `runc create` then. `text` is the runtime's message about argv[0].
 */
export interface StartFailure {
  readonly verb: 'CreateContainer' | 'StartContainer'
  /** Of the terminated container. */
  readonly reason: 'StartError' | 'ContainerCannotRun'
  readonly exitCode: number
  text(command: string): string
}

const notExecutable = (command: string) =>
  `unable to start container process: error during container init: exec: "${command}": executable file not found in $PATH`

const RUNC_CREATE: readonly Step[] = [
  { actor: 'runc', text: 'create {id}: reads config.json of the bundle' },
  {
    actor: 'runc',
    text: 'create {id}: joins the network, IPC and UTS namespaces of the sandbox, makes new PID and mount namespaces',
  },
  { actor: 'runc', text: 'create {id}: sets the cgroup limits' },
]

const CONTAINERD: RuntimeProfile = {
  kind: 'containerd',
  name: 'containerd',
  version: '2.0.5',
  endpoint: 'unix:///run/containerd/containerd.sock',
  latency: { runPodSandbox: 180, startContainer: 60, stopPodSandbox: 30, updateContainerResources: 20 },
  steps: {
    runPodSandbox: [
      { actor: 'containerd', text: 'makes the network namespace of {pod} and calls the CNI plug-in (ADD)' },
      { actor: 'containerd-shim-runc-v2', text: 'starts for {pod}, with the pause container in it' },
    ],
    pullImage: [
      { actor: 'containerd', text: 'resolves {image} to a manifest' },
      { actor: 'containerd', text: 'fetches the layers of {image} into the content store' },
      { actor: 'containerd', text: 'unpacks {image} into overlayfs snapshots' },
    ],
    createContainer: [
      { actor: 'containerd', text: 'prepares a writable snapshot over {image}' },
      { actor: 'containerd', text: 'writes the OCI bundle of {id}: config.json and rootfs' },
    ],
    startContainer: [...RUNC_CREATE, { actor: 'runc', text: 'start {id}: executes the entrypoint' }],
  },
  startFailure: {
    verb: 'StartContainer',
    reason: 'StartError',
    exitCode: 128,
    text: (command) =>
      `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: ${notExecutable(command)}: unknown`,
  },
}

const CRIO: RuntimeProfile = {
  kind: 'cri-o',
  name: 'cri-o',
  version: '1.33.0',
  endpoint: 'unix:///var/run/crio/crio.sock',
  latency: { runPodSandbox: 150, startContainer: 50, stopPodSandbox: 30, updateContainerResources: 20 },
  steps: {
    runPodSandbox: [
      { actor: 'crio', text: 'pins the namespaces of {pod} with pinns and calls the CNI plug-in (ADD)' },
      { actor: 'crio', text: 'needs no pause container for {pod}: the namespaces are kept by files' },
    ],
    pullImage: [
      { actor: 'crio', text: 'copies {image} with containers/image' },
      { actor: 'crio', text: 'stores the layers of {image} with containers/storage' },
    ],
    createContainer: [{ actor: 'crio', text: 'mounts the root of {id} and writes its config.json' }],
    startContainer: [
      { actor: 'conmon', text: 'starts for {id}: it holds the log and the exit code' },
      ...RUNC_CREATE,
      { actor: 'runc', text: 'start {id}: executes the entrypoint' },
    ],
  },
  startFailure: {
    verb: 'CreateContainer',
    reason: 'StartError',
    exitCode: 128,
    text: (command) => `container create failed: runc create failed: ${notExecutable(command)}`,
  },
}

const DOCKER: RuntimeProfile = {
  kind: 'docker',
  name: 'docker',
  version: '28.1.1',
  endpoint: 'unix:///var/run/dockershim.sock',
  latency: { runPodSandbox: 350, startContainer: 140, stopPodSandbox: 60, updateContainerResources: 30 },
  steps: {
    runPodSandbox: [
      { actor: 'dockershim', text: 'asks dockerd for a pause container for {pod}' },
      { actor: 'dockerd', text: 'passes {pod} on to containerd' },
    ],
    pullImage: [
      { actor: 'dockershim', text: 'asks dockerd to pull {image}' },
      { actor: 'dockerd', text: 'fetches {image} and extracts its layers' },
    ],
    createContainer: [{ actor: 'dockershim', text: 'asks dockerd to create {id}' }],
    startContainer: [
      { actor: 'dockershim', text: 'asks dockerd to start {id}' },
      { actor: 'dockerd', text: 'passes {id} on to containerd' },
      { actor: 'containerd', text: 'starts a shim for {id}' },
      ...RUNC_CREATE,
      { actor: 'runc', text: 'start {id}: executes the entrypoint' },
    ],
  },
  startFailure: {
    verb: 'StartContainer',
    reason: 'ContainerCannotRun',
    exitCode: 127,
    text: (command) =>
      `failed to start container "${command}": Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: ${notExecutable(command)}: unknown`,
  },
  refused:
    'failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint "unix:///var/run/dockershim.sock": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService (dockershim was removed in v1.24)',
}

export const RUNTIME_PROFILES: Readonly<Record<RuntimeKind, RuntimeProfile>> = {
  containerd: CONTAINERD,
  'cri-o': CRIO,
  docker: DOCKER,
}
