/**
 * Volumes that must be attached to this node before they are mounted. The kubelet says in its node's status which ones
 * it uses, the attach-detach controller which ones are attached (volumemanager/reconciler, WaitForAttachAndMount).
 */
import type { Node } from '../../api/core/node.ts'

/** Who uses a volume: woken when it may go on. */
export interface VolumeUser {
  attached(): void
}

export class AttachedVolumes {
  readonly #users = new Map<string, Set<VolumeUser>>()
  readonly #node: () => Node | undefined
  readonly #changed: () => void

  /** @param changed `inUse` has changed: the node's status should say so */
  constructor(node: () => Node | undefined, changed: () => void) {
    this.#node = node
    this.#changed = changed
  }

  /** From now on the volume is in use. True once it may be mounted: it is attached, and known to be in use. */
  use(name: string, user: VolumeUser): boolean {
    const users = this.#users.get(name)
    if (users === undefined) {
      this.#users.set(name, new Set([user]))
      this.#changed()
    } else users.add(user)
    return this.#isReady(name)
  }

  release(name: string, user: VolumeUser): void {
    const users = this.#users.get(name)
    if (users?.delete(user) !== true || users.size > 0) return
    this.#users.delete(name)
    this.#changed()
  }

  inUse(): readonly string[] {
    return [...this.#users.keys()].sort()
  }

  /** The node's status has changed: who waited may go on. */
  nodeChanged(before: Node | undefined, node: Node): void {
    if (this.#users.size === 0 || before?.status === node.status) return
    const { volumesAttached, volumesInUse } = node.status ?? {}
    if (before?.status?.volumesAttached === volumesAttached && before?.status?.volumesInUse === volumesInUse)
      return
    for (const [name, users] of this.#users)
      if (this.#isReady(name)) for (const it of [...users]) it.attached()
  }

  /** In use first: or else it could be taken away just while it is mounted. */
  #isReady(name: string): boolean {
    const status = this.#node()?.status
    return (
      status?.volumesInUse?.includes(name) === true &&
      status.volumesAttached?.some((it) => it.name === name) === true
    )
  }
}
