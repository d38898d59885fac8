/** Image, environment, create, start, postStart: one attempt to start a container (kuberuntime_container.go). */
import { ConfigMap } from '../api/core/config-map.ts'
import type { Container } from '../api/core/container.ts'
import type { Secret } from '../api/core/secret.ts'
import { milliValue, quantityValue } from '../api/quantity.ts'
import { hash32 } from '../kernel/hash.ts'
import type { ContainerNotes } from './container-notes.ts'
import type { ContainerConfig, LinuxResources, Mount, ProcessUser } from './cri/runtime.ts'
import { environment, environmentReferences } from './environment.ts'
import { expand } from './expansion.ts'
import type { PodWorker } from './pod-worker.ts'
import { capabilitiesOf, processUser, rootObstacle } from './security-context.ts'

export interface StartFailure {
  /** `ErrImagePull`, `CreateContainerConfigError`, `RunContainerError`, `PostStartHookError`, ... */
  readonly reason: string
  readonly message: string
  readonly retryAt?: number
}

const NO_STRINGS: readonly string[] = Object.freeze([])
const NO_MOUNTS: readonly Mount[] = Object.freeze([])

export function startContainer(
  worker: PodWorker,
  notes: ContainerNotes,
  attempt: number,
  done: (failure: StartFailure | undefined) => void,
): void {
  const { context } = worker
  context.images.ensure(worker.pod, notes, (error, imageRef) => {
    if (!context.alive()) return
    if (error !== undefined) {
      const failed = `Error: ${error.reason}`
      context.recorder.event(worker.pod, 'Warning', 'Failed', failed, { fieldPath: notes.fieldPath })
      done(error)
      return
    }
    // Deleted while its image was pulled: nothing is started any more.
    if (worker.state !== 'syncing') {
      done(undefined)
      return
    }
    configure(worker, notes, attempt, imageRef, (config) => {
      if ('reason' in config) {
        context.recorder.event(worker.pod, 'Warning', 'Failed', `Error: ${config.message}`, {
          fieldPath: notes.fieldPath,
        })
        done(config)
      } else create(worker, notes, config, done)
    })
  })
}

function create(
  worker: PodWorker,
  notes: ContainerNotes,
  config: ContainerConfig,
  done: (failure: StartFailure | undefined) => void,
): void {
  const { context } = worker
  const { runtime, recorder } = context
  const where = { fieldPath: notes.fieldPath }
  context.cri(worker.pod, `CreateContainer ${notes.name}`, () =>
    runtime.createContainer(worker.sandboxId!, config, (error, id) => {
      if (!context.alive()) return
      if (error !== undefined) {
        recorder.event(worker.pod, 'Warning', 'Failed', `Error: ${error.text()}`, where)
        done({ reason: 'CreateContainerError', message: error.text() })
        return
      }
      recorder.event(worker.pod, 'Normal', 'Created', `Created container: ${notes.name}`, where)
      dropOldest(worker, notes)
      context.cri(worker.pod, `StartContainer ${notes.name}`, () =>
        runtime.startContainer(id, (failed) => {
          if (!context.alive()) return
          const instance = runtime.containerStatus(id)
          if (instance !== undefined) notes.replace(instance)
          if (failed !== undefined) {
            recorder.event(worker.pod, 'Warning', 'Failed', `Error: ${failed.message}`, where)
            done({ reason: 'RunContainerError', message: failed.message })
            return
          }
          recorder.event(worker.pod, 'Normal', 'Started', `Started container ${notes.name}`, where)
          if (notes.spec.lifecycle?.postStart === undefined && !notes.begin()) return done(undefined)
          worker.probes.start(notes, (hookError) => {
            if (hookError === undefined) done(undefined)
            else done({ reason: 'PostStartHookError', message: hookError })
          })
        }),
      )
    }),
  )
}

/** Only the present instance and the one before it are kept. */
function dropOldest(worker: PodWorker, notes: ContainerNotes): void {
  const { previous } = notes
  if (previous === undefined || notes.current === undefined) return
  worker.context.runtime.removeContainer(previous.id, () => {})
}

/** Reads what the environment refers to, then describes the container to the runtime. */
function configure(
  worker: PodWorker,
  notes: ContainerNotes,
  attempt: number,
  imageRef: string,
  done: (config: ContainerConfig | StartFailure) => void,
): void {
  const { context, pod } = worker
  const { spec } = notes
  context.serviceVariables(pod, (services) => {
    const references = environmentReferences(spec)
    const objects = new Map<string, ConfigMap | Secret>()
    const assemble = () => {
      const node = downwardNode(worker)
      const made = environment({ pod, container: spec, node, services, objects })
      if ('error' in made) {
        done({ reason: 'CreateContainerConfigError', message: made.error })
        return
      }
      for (const { source, keys } of made.skipped) {
        const message = `Keys [${keys.join(', ')}] from the EnvFrom ${source} were skipped since they are considered invalid environment variable names.`
        context.recorder.event(pod, 'Warning', 'InvalidEnvironmentVariableNames', message)
      }
      const obstacle = rootObstacle(pod, spec, imageUser(worker, imageRef))
      if (obstacle !== undefined) done({ reason: 'CreateContainerConfigError', message: obstacle })
      else done(new PreparedContainer(worker, notes, attempt, imageRef, made.variables))
    }
    let missing = references.length
    if (missing === 0) return assemble()
    for (const reference of references) {
      context.objects.get(reference.kind, pod.metadata.namespace ?? '', reference.name, (object) => {
        if (!context.alive()) return
        const kind = reference.kind === (ConfigMap as unknown) ? 'ConfigMap' : 'Secret'
        if (object !== undefined) objects.set(`${kind}/${reference.name}`, object as ConfigMap | Secret)
        if (--missing === 0) assemble()
      })
    }
  })
}

function imageUser({ context }: PodWorker, imageRef: string): string {
  return context.image(imageRef)?.user ?? '0'
}

export function downwardNode(worker: PodWorker) {
  const { context } = worker
  const sandbox =
    worker.sandboxId === undefined ? undefined : context.runtime.podSandboxStatus(worker.sandboxId)
  return {
    allocatable: context.node()?.status?.allocatable ?? {},
    hostIps: context.hostIps,
    podIps: sandbox?.ips ?? [],
  }
}

/** What the runtime is told about a container; most of it is asked for by few programs, so nothing is laid out ahead. */
class PreparedContainer implements ContainerConfig {
  readonly attempt: number
  readonly imageRef: string
  readonly #worker: PodWorker
  readonly #spec: Container
  readonly #role: ContainerNotes['role']
  readonly #variables: ReadonlyMap<string, string>
  #mounts: readonly Mount[] | undefined

  constructor(
    worker: PodWorker,
    notes: ContainerNotes,
    attempt: number,
    imageRef: string,
    variables: ReadonlyMap<string, string>,
  ) {
    this.#worker = worker
    this.#spec = notes.spec
    this.#role = notes.role
    this.#variables = variables
    this.attempt = attempt
    this.imageRef = imageRef
  }

  get command(): readonly string[] {
    return this.#expanded(this.#spec.command)
  }

  get args(): readonly string[] {
    return this.#expanded(this.#spec.args)
  }

  get name(): string {
    return this.#spec.name
  }

  get image(): string {
    return this.#spec.image ?? ''
  }

  get workingDir(): string {
    return this.#spec.workingDir ?? ''
  }

  get user(): ProcessUser {
    return processUser(this.#worker.pod, this.#spec, imageUser(this.#worker, this.imageRef))
  }

  get capabilities(): bigint {
    return capabilitiesOf(this.#spec)
  }

  envs(): ReadonlyMap<string, string> {
    return this.#variables
  }

  get mounts(): readonly Mount[] {
    if (this.#mounts === undefined) {
      const volumes = this.#worker.mountedVolumes()
      const mounted = (this.#spec.volumeMounts?.length ?? 0) > 0 && volumes !== undefined
      this.#mounts = mounted ? volumes.mountsOf(this.#spec, (name) => this.#variables.get(name)) : NO_MOUNTS
    }
    return this.#mounts
  }

  get resources(): LinuxResources {
    return linuxResources(this.#spec)
  }

  get terminationMessagePath(): string {
    return this.#spec.terminationMessagePath ?? '/dev/termination-log'
  }

  get stdin(): boolean {
    return this.#spec.stdin === true
  }

  get tty(): boolean {
    return this.#spec.tty === true
  }

  get hash(): number {
    return containerHash(this.#spec)
  }

  get configured(): boolean {
    return isConfigured(this.#spec)
  }

  get willEnd(): boolean {
    if (this.#role === 'init') return true
    return this.#role === 'regular' && (this.#worker.pod.spec.restartPolicy ?? 'Always') !== 'Always'
  }

  get kind(): ContainerConfig['kind'] {
    return this.#role === 'regular' ? 'regular' : this.#role === 'ephemeral' ? 'ephemeral' : 'init'
  }

  #expanded(words: readonly string[] | undefined): readonly string[] {
    return words?.map((it) => expand(it, (name) => this.#variables.get(name))) ?? NO_STRINGS
  }
}

const ACCOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'

function isConfigured(spec: Container): boolean {
  if ((spec.command?.length ?? 0) > 0 || (spec.args?.length ?? 0) > 0) return true
  return spec.volumeMounts?.some((it) => it.mountPath !== ACCOUNT_PATH) === true
}

const NO_LIMITS: LinuxResources = Object.freeze({ cpuRequest: 0, cpuLimit: 0, memoryLimit: 0 })
const resourceCache = new WeakMap<object, LinuxResources>()

export function linuxResources(spec: Container): LinuxResources {
  const { resources } = spec
  if (resources?.limits === undefined && resources?.requests === undefined) return NO_LIMITS
  let limits = resourceCache.get(resources)
  if (limits === undefined) {
    limits = {
      cpuRequest: milliValue(resources.requests?.['cpu']),
      cpuLimit: milliValue(resources.limits?.['cpu']),
      memoryLimit: quantityValue(resources.limits?.['memory']),
    }
    resourceCache.set(resources, limits)
  }
  return limits
}

/** Upstream hashes what a change of would need a restart: name and image. */
function containerHash(spec: Container): number {
  return hash32(`${spec.name} ${spec.image}`)
}
