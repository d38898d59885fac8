/** Whom a container's processes run as (upstream: pkg/securitycontext, kuberuntime/security_context.go). */
import type { Container } from '../api/core/container.ts'
import type { Pod } from '../api/core/pod.ts'
import type { ProcessUser } from './cri/runtime.ts'

const ROOT: ProcessUser = Object.freeze({ uid: 0, gid: 0, groups: Object.freeze([]) })

/** @param image whom the image runs as: a number, or a name */
export function processUser({ spec }: Pod, { securityContext: own }: Container, image: string): ProcessUser {
  const { securityContext: shared } = spec
  const asked = own?.runAsUser ?? shared?.runAsUser
  const gid = own?.runAsGroup ?? shared?.runAsGroup
  const { fsGroup, supplementalGroups = [] } = shared ?? {}
  const uid = Number(asked ?? (/^\d+$/.test(image) ? image : 0))
  if (uid === 0 && gid === undefined && fsGroup === undefined && supplementalGroups.length === 0) return ROOT
  const groups = [...(fsGroup === undefined ? [] : [Number(fsGroup)]), ...supplementalGroups.map(Number)]
  return { uid, gid: Number(gid ?? 0), groups }
}

/** Why a container that must not run as root cannot be created; undefined: it can. */
export function rootObstacle(pod: Pod, container: Container, image: string): string | undefined {
  const { securityContext: own } = container
  const { securityContext: shared } = pod.spec
  if ((own?.runAsNonRoot ?? shared?.runAsNonRoot) !== true) return undefined
  const { name, namespace, uid } = pod.metadata!
  const where = `(pod: "${name}_${namespace}(${uid})", container: ${container.name})`
  const asked = own?.runAsUser ?? shared?.runAsUser
  if (asked !== undefined) {
    return Number(asked) === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined
  }
  if (!/^\d+$/.test(image)) {
    return `container has runAsNonRoot and image has non-numeric user (${image}), cannot verify user is non-root ${where}`
  }
  return Number(image) === 0 ? `container has runAsNonRoot and image will run as root ${where}` : undefined
}

/** In the order of their numbers (linux/capability.h). */
const CAPABILITIES = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP'],
  ...[
    'LINUX_IMMUTABLE',
    'NET_BIND_SERVICE',
    'NET_BROADCAST',
    'NET_ADMIN',
    'NET_RAW',
    'IPC_LOCK',
    'IPC_OWNER',
  ],
  ...[
    'SYS_MODULE',
    'SYS_RAWIO',
    'SYS_CHROOT',
    'SYS_PTRACE',
    'SYS_PACCT',
    'SYS_ADMIN',
    'SYS_BOOT',
    'SYS_NICE',
  ],
  ...[
    'SYS_RESOURCE',
    'SYS_TIME',
    'SYS_TTY_CONFIG',
    'MKNOD',
    'LEASE',
    'AUDIT_WRITE',
    'AUDIT_CONTROL',
    'SETFCAP',
  ],
  ...['MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF'],
  'CHECKPOINT_RESTORE',
]
const ALL_CAPABILITIES = (1n << BigInt(CAPABILITIES.length)) - 1n
/** What runtimes grant when nobody says anything. */
const USUAL_CAPABILITIES = 0xa80425fbn

export function capabilitiesOf({ securityContext }: Container): bigint {
  if (securityContext?.privileged === true) return ALL_CAPABILITIES
  const { add = [], drop = [] } = securityContext?.capabilities ?? {}
  return (USUAL_CAPABILITIES & ~bits(drop)) | bits(add)
}

function bits(names: readonly string[]): bigint {
  let mask = 0n
  for (const name of names) {
    const at = CAPABILITIES.indexOf(name.replace(/^CAP_/, ''))
    if (name === 'ALL') mask = ALL_CAPABILITIES
    else if (at >= 0) mask |= 1n << BigInt(at)
  }
  return mask
}
