/** What becomes of an object whose owners have been looked up (garbagecollector.go attemptToDeleteItem). */
import type { OwnerReference } from '../../api/meta/object-meta.ts'
import type { DeleteOptions } from '../../client/client.ts'
import { FOREGROUND, ORPHAN } from './graph.ts'

/** `waiting`: in foreground deletion, so it will be gone once its dependents are. */
export type OwnerState = 'solid' | 'absent' | 'waiting'

export interface Judged {
  readonly reference: OwnerReference
  readonly state: OwnerState
}

export type Decision =
  | { readonly action: 'keep' }
  /** Some owner stays: only the references to the others go. */
  | { readonly action: 'unlink'; readonly uids: readonly string[] }
  /** `unblock`: first let go of its owners, which wait for it while it waits for them. */
  | {
      readonly action: 'delete'
      readonly propagation: NonNullable<DeleteOptions['propagationPolicy']>
      readonly unblock: boolean
    }

export interface Item {
  readonly owners: readonly Judged[]
  readonly finalizers: readonly string[]
  readonly dependents: number
  /** One of its dependents is itself in foreground deletion: perhaps a circle. */
  readonly dependentWaits: boolean
}

export function decide({ owners, finalizers, dependents, dependentWaits }: Item): Decision {
  if (owners.length === 0) return { action: 'keep' }
  const gone = owners.filter((it) => it.state !== 'solid').map((it) => it.reference.uid)
  if (gone.length < owners.length)
    return gone.length === 0 ? { action: 'keep' } : { action: 'unlink', uids: gone }
  if (owners.some((it) => it.state === 'waiting') && dependents > 0) {
    return { action: 'delete', propagation: 'Foreground', unblock: dependentWaits }
  }
  const orphan = finalizers.includes(ORPHAN)
  const propagation = orphan ? 'Orphan' : finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background'
  return { action: 'delete', propagation, unblock: false }
}
