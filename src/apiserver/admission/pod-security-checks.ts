/**
 * The checks of the Pod Security Standards, in upstream's words. Upstream: pod-security-admission/policy/check_*.go; the
 * order of the checks here is the order in which upstream reports them.
 */
import type { Container } from '../../api/core/container.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import type { Volume } from '../../api/core/volume.ts'
import type { ObjectMeta } from '../../api/meta/object-meta.ts'
import type { LevelVersion } from './pod-security-policy.ts'

/** What a pod violates: `hostPort`, and which containers with which ports. */
export interface Violation {
  readonly reason: string
  readonly detail: string
}

type CheckFunction = (spec: PodSpec, metadata: ObjectMeta, minor: number) => Violation | undefined

interface Check {
  readonly level: 'baseline' | 'restricted'
  /** First minor version of the policy that has the check. */
  readonly since: number
  /** From this minor version on a stricter check of the restricted level takes its place. */
  readonly overridden?: number
  readonly run: CheckFunction
}

/** Everything that a pod violates at a level. */
export function violations(spec: PodSpec, metadata: ObjectMeta, at: LevelVersion): readonly Violation[] {
  if (at.level === 'privileged') return []
  const found: Violation[] = []
  for (const { level, since, overridden, run } of CHECKS) {
    const applies =
      at.level === 'baseline'
        ? level === 'baseline'
        : level === 'restricted' || overridden === undefined || at.minor < overridden
    if (!applies || at.minor < since) continue
    const violation = run(spec, metadata, at.minor)
    if (violation !== undefined) found.push(violation)
  }
  return found
}

/** `hostPort (container "c" uses hostPort 80), privileged (...)`. */
export function formatViolations(list: readonly Violation[]): string {
  return list.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ')
}

const SAFE_SYSCTLS: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
}
const DEFAULT_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])
const SELINUX_TYPES = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t'])
const SELINUX_TYPES_1_31 = new Set([...SELINUX_TYPES, 'container_engine_t'])
const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/'
const SECCOMP_POD_ANNOTATION = 'seccomp.security.alpha.kubernetes.io/pod'
const SECCOMP_CONTAINER_ANNOTATION = 'container.seccomp.security.alpha.kubernetes.io/'
const UNRESTRICTED_VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
])

const appArmorProfile: CheckFunction = (spec, { annotations = {} }) => {
  const bad = setters(spec, ({ appArmorProfile: it }) => it && !isConfined(it.type) && [it.type])
  const notes = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(APPARMOR_ANNOTATION) && !isConfinedAnnotation(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  const values = [...bad.values, ...notes]
  if (values.length === 0) return undefined
  const who = [...bad.names, ...(notes.length > 0 ? [plural('annotation', notes.length)] : [])]
  return {
    reason: plural('forbidden AppArmor profile', values.length),
    detail: `${who.join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  }
}

const capabilitiesBaseline: CheckFunction = (spec) => {
  const bad = containersWith(spec, ({ securityContext: it }) =>
    it?.capabilities?.add?.filter((name) => !DEFAULT_CAPABILITIES.has(name)),
  )
  if (bad.names.length === 0) return undefined
  return {
    reason: 'non-default capabilities',
    detail: `${named(bad.names)} must not include ${quoted(bad.values)} in securityContext.capabilities.add`,
  }
}

const hostNamespaces: CheckFunction = ({ hostNetwork, hostPID, hostIPC }) => {
  const shared = Object.entries({ hostNetwork, hostPID, hostIPC }).filter(([, on]) => on)
  if (shared.length === 0) return undefined
  return { reason: 'host namespaces', detail: shared.map(([name]) => `${name}=true`).join(', ') }
}

const hostPathVolumes: CheckFunction = ({ volumes = [] }) => {
  const names = volumes.filter((it) => it.hostPath !== undefined).map((it) => it.name)
  if (names.length === 0) return undefined
  return { reason: 'hostPath volumes', detail: `${plural('volume', names.length)} ${quoted(names)}` }
}

const hostPorts: CheckFunction = (spec) => {
  const bad = containersWith(spec, ({ ports }) =>
    ports?.filter((it) => it.hostPort).map((it) => String(it.hostPort)),
  )
  if (bad.names.length === 0) return undefined
  const uses = bad.names.length === 1 ? 'uses' : 'use'
  return {
    reason: 'hostPort',
    detail: `${named(bad.names)} ${uses} ${plural('hostPort', bad.values.length)} ${bad.values.join(', ')}`,
  }
}

const privileged: CheckFunction = (spec) => {
  const names = containersThat(spec, ({ securityContext: it }) => it?.privileged === true)
  if (names.length === 0) return undefined
  return { reason: 'privileged', detail: `${named(names)} must not set securityContext.privileged=true` }
}

const procMount: CheckFunction = (spec) => {
  const bad = containersWith(spec, ({ securityContext: it }) =>
    it?.procMount !== undefined && it.procMount !== 'Default' ? [it.procMount] : undefined,
  )
  if (bad.names.length === 0) return undefined
  return {
    reason: 'procMount',
    detail: `${named(bad.names)} must not set securityContext.procMount to ${quoted(bad.values)}`,
  }
}

const seLinuxOptions: CheckFunction = (spec, _metadata, minor) => {
  const types = minor >= 31 ? SELINUX_TYPES_1_31 : SELINUX_TYPES
  let [user, role] = [false, false]
  const bad = setters(spec, ({ seLinuxOptions: it }) => {
    if (it === undefined) return undefined
    const wrong = types.has(it.type ?? '') ? [] : [it.type ?? '']
    user ||= !!it.user
    role ||= !!it.role
    return wrong.length > 0 || it.user || it.role ? wrong : undefined
  })
  if (bad.names.length === 0) return undefined
  const what = [
    ...(bad.values.length > 0 ? [`${plural('type', bad.values.length)} ${quoted(bad.values)}`] : []),
    ...(user ? ['user may not be set'] : []),
    ...(role ? ['role may not be set'] : []),
  ]
  return {
    reason: 'seLinuxOptions',
    detail: `${bad.names.join(' and ')} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}`,
  }
}

const seccompBaseline: CheckFunction = (spec, metadata, minor) =>
  minor < 19 ? seccompAnnotations(spec, metadata) : seccompSetters(spec)

function seccompSetters(spec: PodSpec): Violation | undefined {
  const bad = setters(spec, ({ seccompProfile: it }) => it && !isConfined(it.type) && [it.type])
  if (bad.names.length === 0) return undefined
  return {
    reason: 'seccompProfile',
    detail: `${bad.names.join(' and ')} must not set securityContext.seccompProfile.type to ${quoted(bad.values)}`,
  }
}

function seccompAnnotations(spec: PodSpec, { annotations = {} }: ObjectMeta): Violation | undefined {
  const keys = [
    SECCOMP_POD_ANNOTATION,
    ...containersOf(spec).map((it) => SECCOMP_CONTAINER_ANNOTATION + it.name),
  ]
  const bad = keys
    .filter((key) => Object.hasOwn(annotations, key) && !isSeccompAnnotation(annotations[key]!))
    .map((key) => `${key}=${JSON.stringify(annotations[key])}`)
    .sort()
  if (bad.length === 0) return undefined
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${plural('annotation', bad.length)} ${bad.join(', ')}`,
  }
}

const sysctls: CheckFunction = ({ securityContext }, _metadata, minor) => {
  const names = (securityContext?.sysctls ?? [])
    .map((it) => it.name)
    .filter((name) => !(Object.hasOwn(SAFE_SYSCTLS, name) && SAFE_SYSCTLS[name]! <= minor))
  if (names.length === 0) return undefined
  return { reason: 'forbidden sysctls', detail: names.join(', ') }
}

const windowsHostProcess: CheckFunction = (spec) => {
  const bad = setters(spec, ({ windowsOptions: it }) => (it?.hostProcess ? [''] : undefined))
  if (bad.names.length === 0) return undefined
  return {
    reason: 'hostProcess',
    detail: `${bad.names.join(' and ')} must not set securityContext.windowsOptions.hostProcess=true`,
  }
}

const allowPrivilegeEscalation: CheckFunction = (spec, _metadata, minor) => {
  if (minor >= 25 && isWindows(spec)) return undefined
  const names = containersThat(spec, ({ securityContext: it }) => it?.allowPrivilegeEscalation !== false)
  if (names.length === 0) return undefined
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${named(names)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

const capabilitiesRestricted: CheckFunction = (spec, _metadata, minor) => {
  if (minor >= 25 && isWindows(spec)) return undefined
  const keeping = containersThat(spec, ({ securityContext: it }) => !it?.capabilities?.drop?.includes('ALL'))
  const adding = containersWith(spec, ({ securityContext: it }) =>
    it?.capabilities?.add?.filter((name) => name !== 'NET_BIND_SERVICE'),
  )
  const details = [
    ...(keeping.length > 0 ? [`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.names.length > 0
      ? [
          `${named(adding.names)} must not include ${quoted(adding.values)} in securityContext.capabilities.add`,
        ]
      : []),
  ]
  if (details.length === 0) return undefined
  return { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const restrictedVolumes: CheckFunction = ({ volumes = [] }) => {
  const bad = volumes.filter((it) => !UNRESTRICTED_VOLUMES.has(sourceOf(it)))
  if (bad.length === 0) return undefined
  const types = unique(bad.map(sourceOf))
  const names = bad.map((it) => it.name)
  return {
    reason: 'restricted volume types',
    detail: `${plural('volume', names.length)} ${quoted(names)} ${names.length === 1 ? 'uses' : 'use'} ${plural('restricted volume type', types.length)} ${quoted(types)}`,
  }
}

const runAsNonRoot: CheckFunction = (spec) => {
  const explicit = setters(spec, ({ runAsNonRoot: it }) => (it === false ? [''] : undefined))
  if (explicit.names.length > 0) {
    return {
      reason: 'runAsNonRoot != true',
      detail: `${explicit.names.join(' and ')} must not set securityContext.runAsNonRoot=false`,
    }
  }
  if (spec.securityContext?.runAsNonRoot) return undefined
  const names = containersThat(spec, ({ securityContext: it }) => it?.runAsNonRoot === undefined)
  if (names.length === 0) return undefined
  return {
    reason: 'runAsNonRoot != true',
    detail: `pod or ${named(names)} must set securityContext.runAsNonRoot=true`,
  }
}

const runAsUser: CheckFunction = (spec) => {
  const bad = setters(spec, ({ runAsUser: it }) => (it === 0 ? [''] : undefined))
  if (bad.names.length === 0) return undefined
  return { reason: 'runAsUser=0', detail: `${bad.names.join(' and ')} must not set runAsUser=0` }
}

const seccompRestricted: CheckFunction = (spec, _metadata, minor) => {
  if (minor >= 25 && isWindows(spec)) return undefined
  const explicit = seccompSetters(spec)
  if (explicit !== undefined || spec.securityContext?.seccompProfile !== undefined) return explicit
  const names = containersThat(spec, ({ securityContext: it }) => it?.seccompProfile === undefined)
  if (names.length === 0) return undefined
  return {
    reason: 'seccompProfile',
    detail: `pod or ${named(names)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  }
}

const CHECKS: readonly Check[] = [
  { level: 'baseline', since: 0, run: appArmorProfile },
  { level: 'baseline', since: 0, run: capabilitiesBaseline, overridden: 22 },
  { level: 'baseline', since: 0, run: hostNamespaces },
  { level: 'baseline', since: 0, run: hostPathVolumes, overridden: 0 },
  { level: 'baseline', since: 0, run: hostPorts },
  { level: 'baseline', since: 0, run: privileged },
  { level: 'baseline', since: 0, run: procMount },
  { level: 'baseline', since: 0, run: seLinuxOptions },
  { level: 'baseline', since: 0, run: seccompBaseline, overridden: 19 },
  { level: 'baseline', since: 0, run: sysctls },
  { level: 'baseline', since: 0, run: windowsHostProcess },
  { level: 'restricted', since: 8, run: allowPrivilegeEscalation },
  { level: 'restricted', since: 22, run: capabilitiesRestricted },
  { level: 'restricted', since: 0, run: restrictedVolumes },
  { level: 'restricted', since: 0, run: runAsNonRoot },
  { level: 'restricted', since: 23, run: runAsUser },
  { level: 'restricted', since: 19, run: seccompRestricted },
]

// -- looking at containers ----------------------------------------------------------------------------------

/** What the security contexts of pods and of containers have in common. */
type Context = NonNullable<Container['securityContext']> & NonNullable<PodSpec['securityContext']>

interface Found {
  readonly names: readonly string[]
  /** What they set, sorted, each once. */
  readonly values: readonly string[]
}

/** Upstream visits init containers first, ephemeral ones last. */
function containersOf(spec: PodSpec): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]
}

function containersThat(spec: PodSpec, test: (container: Container) => boolean): readonly string[] {
  return containersOf(spec)
    .filter(test)
    .map((it) => it.name)
}

/** Containers with bad values of something. */
function containersWith(
  spec: PodSpec,
  bad: (container: Container) => readonly string[] | undefined,
): { readonly names: readonly string[]; readonly values: readonly string[] } {
  const names: string[] = []
  const values: string[] = []
  for (const container of containersOf(spec)) {
    const found = bad(container) ?? []
    if (found.length === 0) continue
    names.push(container.name)
    values.push(...found)
  }
  return { names, values: unique(values) }
}

/** `pod` and `containers "a", "b"` that set something bad in their security context. */
function setters(spec: PodSpec, bad: (context: Context) => readonly string[] | undefined | false): Found {
  const values: string[] = []
  const sets = (context: object | undefined): boolean => {
    const found = context && bad(context as Context)
    if (!found) return false
    values.push(...found)
    return true
  }
  const pod = sets(spec.securityContext)
  const containers = containersThat(spec, (it) => sets(it.securityContext))
  return {
    names: [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [named(containers)] : [])],
    values: unique(values),
  }
}

function isConfined(type: string): boolean {
  return type === 'RuntimeDefault' || type === 'Localhost'
}

function isConfinedAnnotation(value: string): boolean {
  return value === '' || value === 'runtime/default' || value.startsWith('localhost/')
}

function isSeccompAnnotation(value: string): boolean {
  return value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/')
}

function isWindows({ os }: PodSpec): boolean {
  return os?.name === 'windows'
}

/** `hostPath`: the field that says where a volume comes from. */
function sourceOf(volume: Volume): string {
  return Object.keys(volume).find((key) => key !== 'name') ?? 'unknown'
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort()
}

function named(names: readonly string[]): string {
  return `${plural('container', names.length)} ${quoted(names)}`
}

/** In quotes and no more: quotes within are left as they are. */
function quoted(names: readonly string[]): string {
  return names.map((it) => `"${it}"`).join(', ')
}

function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`
}
