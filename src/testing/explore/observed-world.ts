/** What is true in a run: every object as it is now, kept up to date by every commit, and all that happened. */
import { type KubeObject, objectKey, type Stored } from '../../api/kind.ts'
import type { Scheme } from '../../api/scheme.ts'
import type { Foundation } from '../../cluster/foundation.ts'
import { RunningHash } from '../../kernel/hash.ts'
import type { OutsideSystem, SimEvent, Truth, Untyped } from './spec.ts'

/** Kinds that say something about others and are nobody's state. */
const NO_STATE = new Set(['Event', 'Lease'])

export class ObservedWorld implements Truth {
  readonly outside: Readonly<Record<string, OutsideSystem>>
  readonly history: SimEvent[] = []
  readonly #foundation: Foundation
  readonly #hash = new RunningHash()
  readonly #objects = new Map<string, Map<string, Stored<KubeObject>>>()
  readonly #onEvent: (event: SimEvent) => void

  /**
   * @param given   what is there from the start
   * @param onEvent called synchronously after every commit and every call outside
   */
  constructor(
    foundation: Foundation,
    given: readonly Stored<KubeObject>[],
    outside: Readonly<Record<string, OutsideSystem>>,
    onEvent: (event: SimEvent) => void,
  ) {
    this.#foundation = foundation
    this.outside = outside
    this.#onEvent = onEvent
    for (const object of given) this.#put(object)
    const sink = {
      events: ({
        events,
      }: {
        events: readonly { kv: { value?: unknown }; prevKv?: { value?: unknown } }[]
      }) => {
        for (const { kv, prevKv } of events) {
          this.#committed(
            kv.value as Stored<KubeObject> | undefined,
            prevKv?.value as Stored<KubeObject> | undefined,
          )
        }
      },
      closed: () => {},
    }
    foundation.store.watch({ key: '/registry/', rangeEnd: '/registry0', prevKv: true }, sink as never)
  }

  get now(): number {
    return this.#foundation.loop.now
  }

  get<T extends KubeObject = Untyped>(kind: string, name: string, namespace?: string): T | undefined {
    const { kind: word, namespaced } = this.#kind(kind)
    const key = namespaced ? `${namespace ?? 'default'}/${name}` : name
    return this.#objects.get(word)?.get(key) as T | undefined
  }

  list<T extends KubeObject = Untyped>(kind: string, namespace?: string): T[] {
    const all = [...(this.#objects.get(this.#kind(kind).kind)?.values() ?? [])]
    return (namespace === undefined
      ? all
      : all.filter((it) => it.metadata.namespace === namespace)) as unknown as T[]
  }

  /** Everything that the run itself has made, except for what says something about others. */
  *everything(): Iterable<Stored<KubeObject>> {
    for (const [kind, objects] of this.#objects) if (!NO_STATE.has(kind)) yield* objects.values()
  }

  /** Runs with equal histories did the same, in the same order. */
  historyHash(): string {
    return this.#hash.digest()
  }

  /** A call outside, as part of the history. */
  called(actor: string, system: string, method: string, args: readonly unknown[]): void {
    this.#happened({
      actor,
      verb: method,
      target: system,
      args,
      outside: (wantedSystem, wantedMethod) => wantedSystem === system && wantedMethod === method,
    })
  }

  #committed(object: Stored<KubeObject> | undefined, old: Stored<KubeObject> | undefined): void {
    const either = (object ?? old)!
    const kind = either.kind ?? ''
    if (object === undefined) this.#objects.get(kind)?.delete(objectKey(either.metadata))
    else this.#put(object)
    if (NO_STATE.has(kind)) return
    this.#happened({
      actor: this.#foundation.loop.context.task?.group.name ?? 'user',
      verb: object === undefined ? 'delete' : old === undefined ? 'create' : 'update',
      target: `${kind}/${shortKey(either)}`,
      object: object as Untyped | undefined,
      old: old as Untyped | undefined,
      args: [],
      outside: () => false,
    })
  }

  #put(object: Stored<KubeObject>): void {
    const kind = object.kind ?? ''
    let objects = this.#objects.get(kind)
    if (objects === undefined) this.#objects.set(kind, (objects = new Map()))
    objects.set(objectKey(object.metadata), object)
  }

  #happened(event: SimEvent): void {
    this.history.push(event)
    this.#hash.add(`${event.actor} ${event.verb} ${event.target}`)
    this.#onEvent(event)
  }

  #kind(word: string): { readonly kind: string; readonly namespaced: boolean } {
    const kind = (this.#foundation.scheme as Scheme).byWord(word)
    if (kind === undefined) throw new Error(`the API server serves no kind ${word}`)
    return kind
  }
}

/** `a`, or `other/a` outside the default namespace. */
export function shortKey({
  metadata,
}: {
  readonly metadata?: { readonly namespace?: string; readonly name?: string }
}): string {
  const { namespace, name = '' } = metadata ?? {}
  return namespace === undefined || namespace === 'default' ? name : `${namespace}/${name}`
}
