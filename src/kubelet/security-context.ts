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
