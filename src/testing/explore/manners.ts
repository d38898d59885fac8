/** How one writer treats the work of others: fields that it undoes without having seen them, finalizers that are not its own. */
import type { KubeObject } from '../../api/kind.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { Scheme } from '../../api/scheme.ts'
import { type ObservedWorld, shortKey } from './observed-world.ts'
import type { SimEvent } from './spec.ts'

const OTHERS = 'somebody else'
/** The API server adds and removes them for whoever asks for a deletion. */
const UPSTREAMS_OWN = /^(orphan|foregroundDeletion|(\S+\.)?kubernetes\.io\/\S+)$/

export class Manners {
  readonly #scheme: Scheme
  readonly #world: ObservedWorld
  /** Who has added finalizers of a name. */
  readonly #finalizers = new Map<string, Set<string>>()

  constructor(scheme: Scheme, world: ObservedWorld) {
    this.#scheme = scheme
    this.#world = world
  }

  /**
   * A write without a version is on its way.
   * @param saw the object as its sender knows it
   * @returns what is wrong with it, in words
   */
  unguarded(process: string, request: ApiRequest, saw: KubeObject | undefined): string | undefined {
    const { verb, group, resource, namespace, name = '', body } = request
    const kind = this.#scheme.byResource(group, resource)?.kind ?? resource
    const truth = this.#world.get(kind, name, namespace)
    const { resourceVersion } = truth?.metadata ?? {}
    const known = saw?.metadata?.resourceVersion
    if (truth === undefined || resourceVersion === known) return undefined
    const undone = verb === 'update' ? '' : undoneField(body, saw, truth)
    if (undone === undefined) return undefined
    const target = `${kind}/${shortKey({ metadata: { namespace, name } })}`
    // What it has written itself is its own to write again.
    if (undone !== '' && this.#world.history.some((it) => hasWritten(it, process, target, undone)))
      return undefined
    const how = verb === 'update' ? 'replaced' : `set ${undone} back in`
    return `${process} ${how} ${target} at rv${resourceVersion} without a version; it had seen ${known ? `rv${known}` : 'none'}`
  }

  /** Notes who put finalizers there; for changes by those who are not under test. */
  noteFinalizers({ object, old }: SimEvent, who = OTHERS): undefined {
    const before = old?.metadata.finalizers ?? []
    for (const added of object?.metadata.finalizers ?? []) {
      if (before.includes(added)) continue
      const owners = this.#finalizers.get(added)
      if (owners === undefined) this.#finalizers.set(added, new Set([who]))
      else owners.add(who)
    }
  }

  /** A finalizer is for whoever put it there to remove: says in words which one was taken from somebody else. */
  finalizersOf(event: SimEvent): string | undefined {
    const { actor, object, old, target } = event
    this.noteFinalizers(event, actor)
    // An object that has any and is gone was let go by this very write.
    const after = object?.metadata.finalizers ?? []
    for (const removed of old?.metadata.finalizers ?? []) {
      if (after.includes(removed) || UPSTREAMS_OWN.test(removed)) continue
      const owners = this.#finalizers.get(removed)
      if (owners?.has(actor)) continue
      const whose = [...(owners ?? [OTHERS])].join(', ')
      return `${actor} removed ${removed} from ${target}, which ${whose} had put there`
    }
    return undefined
  }
}

/** A field that a patch sets to what its sender had seen, though somebody has changed it since. */
function undoneField(patch: unknown, saw: unknown, truth: unknown, path = ''): string | undefined {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) {
    const before = JSON.stringify(patch)
    return before === JSON.stringify(saw) && before !== JSON.stringify(truth) ? path : undefined
  }
  const field = (value: unknown, key: string) => (value as Record<string, unknown> | undefined)?.[key]
  for (const [key, value] of Object.entries(patch)) {
    if (path === '' && key === 'metadata') continue
    const found = undoneField(value, field(saw, key), field(truth, key), path === '' ? key : `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

function hasWritten(
  { actor, object, old, target }: SimEvent,
  by: string,
  what: string,
  path: string,
): boolean {
  if (actor !== by || target !== what || object === undefined) return false
  const at = (from: unknown) =>
    path.split('.').reduce((it, key) => (it as Record<string, unknown> | undefined)?.[key], from)
  return JSON.stringify(at(object)) !== JSON.stringify(at(old))
}
