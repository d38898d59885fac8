/** `crictl` on a node (upstream: kubernetes-sigs/cri-tools): what the runtime has, read from its own records. */
import { formatTime } from '../api/time.ts'
import type { CriImage, LogLine } from '../kubelet/cri/runtime.ts'
import type { Machine } from '../kubelet/machine.ts'
import type { CommandResult } from './cluster.ts'

/** A usage that makes no sense, or a call that the runtime refused: what crictl prints before it gives up. */
class Fatal extends Error {}

type Container = ReturnType<Machine['runtime']['listContainers']> extends Iterable<infer T> ? T : never
type Sandbox = ReturnType<Machine['runtime']['listPodSandbox']> extends Iterable<infer T> ? T : never

interface Call {
  readonly machine: Machine
  readonly flags: ReadonlyMap<string, string>
  readonly words: readonly string[]
}

const VERBS: Readonly<Record<string, (call: Call) => string>> = {
  ps: listContainers,
  pods: listPods,
  images: listImages,
  image: listImages,
  img: listImages,
  inspect: inspectContainers,
  inspectp: inspectPods,
  inspecti: inspectImages,
  logs: showLogs,
  stats: listStats,
  info: showInfo,
  version: showVersion,
}

/** Long names of the flags; those in VALUED take a value. */
const LONG: Readonly<Record<string, string>> = {
  a: 'all',
  q: 'quiet',
  o: 'output',
  p: 'pod',
  s: 'state',
  t: 'timestamps',
  l: 'latest',
  n: 'last',
  v: 'verbose',
}
const VALUED: ReadonlySet<string> = new Set([
  'output',
  'name',
  'namespace',
  'state',
  'pod',
  'label',
  'tail',
  'last',
  'image',
])

export function crictl(machine: Machine, args: readonly string[]): CommandResult {
  const [verb = 'help', ...rest] = args
  const run = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
  if (verb === 'help' || verb === '--help' || verb === '-h') return done(USAGE)
  if (run === undefined) return { exitCode: 3, stdout: '', stderr: `No help topic for '${verb}'\n` }
  const { profile, broken } = machine.runtime
  try {
    if (broken !== undefined) {
      const call = `validate service connection: validate CRI v1 runtime API for endpoint "${profile.endpoint}"`
      throw new Fatal(`${call}: rpc error: code = Unavailable desc = ${broken}`)
    }
    return done(run({ machine, ...parse(verb, rest) }))
  } catch (error) {
    if (!(error instanceof Fatal)) throw error
    return { exitCode: 1, stdout: '', stderr: `FATA[0000] ${error.message}\n` }
  }
}

function done(stdout: string): CommandResult {
  return { exitCode: 0, stdout, stderr: '' }
}

const USAGE = `crictl - client for CRI

COMMANDS:
   ps        List containers [-a] [-q] [-o table|json] [--name] [--state] [--pod] [--namespace]
   pods      List pods [-q] [-o table|json] [--name] [--state] [--namespace]
   images    List images [-q] [-o table|json] [REPOSITORY[:TAG]]
   inspect   Display the status of containers
   inspectp  Display the status of pods
   inspecti  Display the status of images
   logs      Fetch the logs of a container [--tail N] [-t]
   stats     List container resource usage [-q] [-o table|json]
   info      Display information of the container runtime
   version   Display runtime version information
`

function parse(verb: string, args: readonly string[]): Pick<Call, 'flags' | 'words'> {
  const flags = new Map<string, string>()
  const words: string[] = []
  // `-aq` is `-a -q`.
  const spread = args.flatMap((it) =>
    /^-[a-z]{2,}$/.test(it) && !VALUED.has(it.slice(1))
      ? [...it.slice(1)].map((letter) => `-${letter}`)
      : [it],
  )
  for (let i = 0; i < spread.length; i++) {
    const arg = spread[i]!
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg)
      continue
    }
    const at = arg.indexOf('=')
    const given = (at < 0 ? arg : arg.slice(0, at)).replace(/^--?/, '')
    // In `logs`, -p is --previous.
    const name = verb === 'logs' && given === 'p' ? 'previous' : (LONG[given] ?? given)
    if (VALUED.has(name)) {
      const value = at < 0 ? spread[++i] : arg.slice(at + 1)
      if (value === undefined) throw new Fatal(`flag needs an argument: ${arg}`)
      flags.set(name, value)
    } else if (FLAGS.has(name)) flags.set(name, 'true')
    else throw new Fatal(`flag provided but not defined: ${arg.startsWith('--') ? arg.slice(1) : arg}`)
  }
  return { flags, words }
}

const FLAGS: ReadonlySet<string> = new Set([
  'all',
  'quiet',
  'timestamps',
  'latest',
  'verbose',
  'no-trunc',
  'previous',
  'digests',
])

// -- lists ----------------------------------------------------------------------------------------------

function listContainers({ machine, flags, words }: Call): string {
  const { runtime } = machine
  const [prefix] = words
  let found = newestFirst([...runtime.listContainers()])
  const state = flags.get('state')?.toUpperCase()
  if (state !== undefined) found = found.filter((it) => it.state === `CONTAINER_${state}`)
  else if (!flags.has('all') && !flags.has('latest') && !flags.has('last'))
    found = found.filter((it) => it.state === 'CONTAINER_RUNNING')
  if (prefix !== undefined) found = found.filter((it) => it.id.startsWith(prefix))
  const pod = flags.get('pod')
  if (pod !== undefined) found = found.filter((it) => it.sandboxId.startsWith(pod))
  const name = pattern(flags.get('name'))
  const namespace = pattern(flags.get('namespace'))
  found = found.filter((it) => name(it.config.name) && namespace(it.sandbox.config.namespace))
  found = newest(found, flags)
  return listing(flags, found, {
    json: () => ({ containers: found.map((it) => containerJson(machine, it)) }),
    head: ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'],
    row: (it) => [
      short(it.id),
      short(imageOf(machine, it)?.id ?? it.config.image),
      ago(machine, it.createdAt),
      STATES[it.state],
      it.config.name,
      String(it.config.attempt),
      short(it.sandboxId),
      it.sandbox.config.name,
      it.sandbox.config.namespace,
    ],
  })
}

function listPods({ machine, flags, words }: Call): string {
  const [prefix] = words
  const name = pattern(flags.get('name'))
  const namespace = pattern(flags.get('namespace'))
  const state = flags.get('state')?.toUpperCase()
  let found = newestFirst([...machine.runtime.listPodSandbox()]).filter(
    (it) =>
      (prefix === undefined || it.id.startsWith(prefix)) &&
      (state === undefined || it.state === `SANDBOX_${state}`) &&
      name(it.config.name) &&
      namespace(it.config.namespace),
  )
  found = newest(found, flags)
  return listing(flags, found, {
    json: () => ({ items: found.map(podJson) }),
    head: ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'],
    row: (it) => [
      short(it.id),
      ago(machine, it.createdAt),
      it.state === 'SANDBOX_READY' ? 'Ready' : 'NotReady',
      it.config.name,
      it.config.namespace,
      String(it.config.attempt),
      '(default)',
    ],
  })
}

function listImages({ machine, flags, words }: Call): string {
  const [wanted] = words
  const found = [...machine.images.listImages()]
    .filter((it) => wanted === undefined || matchesImage(it, wanted))
    .sort((a, b) => (imageName(a) < imageName(b) ? -1 : 1))
  return listing(flags, found, {
    json: () => ({ images: found.map(imageJson) }),
    head: ['IMAGE', 'TAG', 'IMAGE ID', 'SIZE'],
    row: (it) => {
      const name = imageName(it)
      const at = name.lastIndexOf(':')
      return [name.slice(0, at), name.slice(at + 1), short(it.id), size(it.sizeBytes)]
    },
  })
}

function listStats({ machine, flags, words }: Call): string {
  const [prefix = ''] = words
  const found = newestFirst([...machine.runtime.listContainers()]).filter(
    (it) => it.state === 'CONTAINER_RUNNING' && it.id.startsWith(prefix),
  )
  const statsOf = (it: Container) => machine.runtime.containerStats(it.id)
  return listing(flags, found, {
    json: () => ({
      stats: found.map((it) => ({
        attributes: { id: it.id, metadata: metadata(it), labels: labelsOf(it) },
        cpu: { usageNanoCores: { value: String((statsOf(it)?.cpuMillis ?? 0) * 1e6) } },
        memory: { workingSetBytes: { value: String(statsOf(it)?.memoryBytes ?? 0) } },
        writableLayer: { usedBytes: { value: String(statsOf(it)?.diskBytes ?? 0) } },
      })),
    }),
    head: ['CONTAINER', 'NAME', 'CPU %', 'MEM', 'DISK', 'INODES'],
    row: (it) => [
      short(it.id),
      it.config.name,
      ((statsOf(it)?.cpuMillis ?? 0) / 10).toFixed(2),
      size(statsOf(it)?.memoryBytes ?? 0),
      size(statsOf(it)?.diskBytes ?? 0),
      '14',
    ],
  })
}

interface Listing<T> {
  json(): unknown
  readonly head: readonly string[]
  row(it: T): readonly string[]
}

function listing<T extends { readonly id: string }>(
  flags: ReadonlyMap<string, string>,
  found: readonly T[],
  { json, head, row }: Listing<T>,
): string {
  if (flags.has('quiet')) return found.map((it) => `${it.id}\n`).join('')
  const output = flags.get('output') ?? 'table'
  if (output === 'json') return pretty(json())
  if (output !== 'table') throw new Fatal(`unsupported output format "${output}"`)
  return table([head, ...found.map(row)])
}

/** As Go's tabwriter with cells of 20 characters at least, three of them blank. */
function table(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(20, ...lines.map((line) => line[column]!.length + 3)))
  return lines
    .map((line) =>
      line.map((cell, column) => (column === line.length - 1 ? cell : cell.padEnd(widths[column]!))).join(''),
    )
    .map((line) => `${line}\n`)
    .join('')
}

// -- one of them ----------------------------------------------------------------------------------------

function inspectContainers({ machine, words }: Call): string {
  return each(words, 'inspect', (id) => pretty(inspection(machine, containerBy(machine, id))))
}

function inspectPods({ machine, words }: Call): string {
  return each(words, 'inspectp', (id) => {
    const found = only([...machine.runtime.listPodSandbox()], id)
    if (found === undefined) {
      throw new Fatal(
        `getting the pod sandbox status for "${id}": rpc error: code = NotFound desc = an error occurred when try to find sandbox: not found`,
      )
    }
    const { config, ips } = found
    return pretty({
      status: {
        ...podJson(found),
        createdAt: formatTime(found.createdAt),
        linux: {
          namespaces: {
            options: {
              network: config.hostNetwork ? 'NODE' : 'POD',
              pid: 'CONTAINER',
              ipc: 'POD',
              targetId: '',
            },
          },
        },
        network: { additionalIps: ips.slice(1).map((ip) => ({ ip })), ip: ips[0] ?? '' },
      },
      info: {
        config: {
          hostname: config.hostname,
          dns_config: config.dns,
          linux: { cgroup_parent: config.cgroupParent },
        },
      },
    })
  })
}

function inspectImages({ machine, words }: Call): string {
  return each(words, 'inspecti', (name) => {
    const found =
      [...machine.images.listImages()].find((it) => it.id.slice('sha256:'.length).startsWith(name)) ??
      machine.images.imageStatus(name)
    if (found === undefined) throw new Fatal(`no such image "${name}" present`)
    return pretty({ status: imageJson(found) })
  })
}

function showLogs({ machine, flags, words }: Call): string {
  const [id] = words
  if (id === undefined) throw new Fatal('ID cannot be empty')
  let container = containerBy(machine, id)
  if (flags.has('previous')) {
    const { name, attempt } = container.config
    const before = [...machine.runtime.listContainers(container.sandboxId)].find(
      (it) => it.config.name === name && it.config.attempt === attempt - 1,
    )
    if (before === undefined) throw new Fatal(`failed to find the previous container of "${id}"`)
    container = before
  }
  const { lines } = machine.runtime.readLog(container.id)
  const tail = flags.get('tail')
  const shown =
    tail === undefined || tail === '-1' ? lines : Number(tail) === 0 ? [] : lines.slice(-Number(tail))
  const stamp = (it: LogLine) => (flags.has('timestamps') ? `${formatTime(it.time)} ` : '')
  return shown.map((it) => `${stamp(it)}${it.text}${it.complete ? '\n' : ''}`).join('')
}

function showInfo({ machine }: Call): string {
  const { runtimeReady, networkReady, networkMessage } = machine.runtime.status()
  return pretty({
    status: {
      conditions: [
        { type: 'RuntimeReady', status: runtimeReady, reason: '', message: '' },
        {
          type: 'NetworkReady',
          status: networkReady,
          reason: networkReady ? '' : 'NetworkPluginNotReady',
          message: networkMessage,
        },
      ],
    },
    config: { containerdEndpoint: machine.runtime.profile.endpoint },
  })
}

function showVersion({ machine }: Call): string {
  const { name, version } = machine.runtime
  return `Version:  0.1.0\nRuntimeName:  ${name}\nRuntimeVersion:  ${version}\nRuntimeApiVersion:  v1\n`
}

function each(ids: readonly string[], verb: string, show: (id: string) => string): string {
  if (ids.length === 0) throw new Fatal(`ID cannot be empty: crictl ${verb} takes at least one`)
  return ids.map(show).join('')
}

function containerBy(machine: Machine, id: string): Container {
  const found = only([...machine.runtime.listContainers()], id)
  if (found !== undefined) return found
  throw new Fatal(
    `getting the status of the container "${id}": rpc error: code = NotFound desc = an error occurred when try to find container "${id}": not found`,
  )
}

/** By its id or the beginning of it, if that is clear. */
function only<T extends { readonly id: string }>(all: readonly T[], id: string): T | undefined {
  const found = all.filter((it) => id !== '' && it.id.startsWith(id))
  return found.length === 1 ? found[0] : undefined
}

// -- JSON of the CRI ------------------------------------------------------------------------------------

const STATES = {
  CONTAINER_CREATED: 'Created',
  CONTAINER_RUNNING: 'Running',
  CONTAINER_EXITED: 'Exited',
} as const

function metadata({ config }: Container) {
  return { attempt: config.attempt, name: config.name }
}

function labelsOf({ config, sandbox }: Container): Record<string, string> {
  return { 'io.kubernetes.container.name': config.name, ...podLabels(sandbox) }
}

function podLabels({ config }: Pick<Sandbox, 'config'>): Record<string, string> {
  return {
    'io.kubernetes.pod.name': config.name,
    'io.kubernetes.pod.namespace': config.namespace,
    'io.kubernetes.pod.uid': config.uid,
  }
}

/** 64-bit integers are strings in protobuf's JSON; times are nanoseconds. */
function nanos(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n)
}

function containerJson(machine: Machine, it: Container) {
  const image = imageOf(machine, it)
  return {
    id: it.id,
    podSandboxId: it.sandboxId,
    metadata: metadata(it),
    image: { annotations: {}, image: image?.id ?? it.config.image, userSpecifiedImage: it.config.image },
    imageRef: image?.id ?? it.config.imageRef,
    state: it.state,
    createdAt: nanos(it.createdAt),
    labels: labelsOf(it),
    annotations: { 'io.kubernetes.container.restartCount': String(it.config.attempt) },
  }
}

function podJson(it: Sandbox) {
  const { name, namespace, uid, attempt, labels = {} } = it.config
  return {
    id: it.id,
    metadata: { attempt, name, namespace, uid },
    state: it.state,
    createdAt: nanos(it.createdAt),
    labels: { ...labels, ...podLabels(it) },
    annotations: {},
    runtimeHandler: '',
  }
}

function imageJson(it: CriImage) {
  const { id, repoTags, repoDigests, sizeBytes } = it
  return { id, repoTags, repoDigests, size: String(sizeBytes), uid: null, username: '', pinned: false }
}

/** The status that the kubelet sees, and below it how the runtime set the container up: the OCI runtime's view. */
function inspection(machine: Machine, it: Container) {
  const { config, sandbox } = it
  const image = imageOf(machine, it)
  const { namespace, name, uid, cgroupParent } = sandbox.config
  const { cpuRequest, cpuLimit, memoryLimit } = it.resources
  return {
    status: {
      ...containerJson(machine, it),
      createdAt: formatTime(it.createdAt),
      startedAt: it.startedAt === 0 ? '' : formatTime(it.startedAt),
      finishedAt: it.finishedAt === 0 ? '' : formatTime(it.finishedAt),
      exitCode: it.exitCode,
      image: { image: image === undefined ? config.image : imageName(image) },
      reason: it.reason,
      message: it.message,
      mounts: config.mounts.map((mount) => ({
        containerPath: mount.containerPath,
        readonly: mount.readOnly,
        propagation: 'PROPAGATION_PRIVATE',
      })),
      logPath: `/var/log/pods/${namespace}_${name}_${uid}/${config.name}/${config.attempt}.log`,
      resources: {
        linux: {
          cpuPeriod: cpuLimit === 0 ? '0' : '100000',
          cpuQuota: String(cpuLimit * 100),
          cpuShares: String(Math.max(2, Math.floor((cpuRequest * 1024) / 1000))),
          memoryLimitInBytes: String(memoryLimit),
        },
      },
    },
    info: {
      sandboxID: it.sandboxId,
      runtimeType: 'io.containerd.runc.v2',
      runtimeSpec: {
        process: {
          args: [...config.command, ...config.args],
          env: [...config.envs()].map(([key, value]) => `${key}=${value}`),
          cwd: config.workingDir === '' ? '/' : config.workingDir,
        },
        hostname: sandbox.config.hostname,
        linux: {
          cgroupsPath: `${cgroupParent}/${it.id}`,
          namespaces: ['pid', 'ipc', 'uts', 'mount', 'network', 'cgroup'].map((type) => ({ type })),
        },
      },
    },
  }
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

// -- words ----------------------------------------------------------------------------------------------

function imageOf(machine: Machine, container: Container): CriImage | undefined {
  return machine.images.imageStatus(container.config.imageRef)
}

function imageName(image: CriImage): string {
  return image.repoTags[0] ?? '<none>:<none>'
}

function matchesImage(image: CriImage, wanted: string): boolean {
  return image.repoTags.some(
    (tag) => tag === wanted || tag.startsWith(`${wanted}:`) || tag.includes(`/${wanted}:`),
  )
}

function short(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 13)
}

function newestFirst<T extends { readonly createdAt: number; readonly id: string }>(all: readonly T[]): T[] {
  return [...all].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1))
}

function newest<T>(found: T[], flags: ReadonlyMap<string, string>): T[] {
  const count = flags.has('latest') ? 1 : Number(flags.get('last') ?? found.length)
  return found.slice(0, count)
}

function pattern(text: string | undefined): (name: string) => boolean {
  if (text === undefined) return () => true
  try {
    const expression = new RegExp(text)
    return (name) => expression.test(name)
  } catch {
    throw new Fatal(`error parsing regexp: ${text}`)
  }
}

function ago(machine: Machine, ms: number): string {
  return `${roughly((machine.loop.now - ms) / 1000)} ago`
}

/** As Docker rounds: `About a minute`, `3 hours`. */
function roughly(seconds: number): string {
  const whole = Math.floor(seconds)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.round(seconds / 3600)
  if (whole < 1) return 'Less than a second'
  if (whole === 1) return '1 second'
  if (whole < 60) return `${whole} seconds`
  if (minutes === 1) return 'About a minute'
  if (minutes < 60) return `${minutes} minutes`
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`
  return `${Math.floor(hours / 24 / 365)} years`
}

/** Three digits and a decimal unit: `62.6MB`. */
function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${Number(value.toPrecision(3))}${units[unit]}`
}
