/** What goes wrong on nodes, where the controllers under test only hear of it. */
import type { Foundation } from '../../cluster/foundation.ts'
import { ADMIN } from '../../cluster/users.ts'
import type { FaultName } from './faults.ts'
import type { SiteBook } from './faulty-process.ts'
import { type ObservedWorld, shortKey } from './observed-world.ts'
import type { Untyped } from './spec.ts'

/** The process in which what runs unharmed runs: see `startBeside`. */
export const BESIDE = 'beside'
/** As plans name what happens on nodes. */
const ACTOR = 'kubelet'

const POD_FAULTS: readonly FaultName[] = ['not-ready', 'pod-fails']
const NODE_FAULTS: readonly FaultName[] = ['node-silent']
const BESIDE_FAULTS: readonly FaultName[] = ['late-status']

interface Condition {
  readonly type: string
  readonly status: string
}

export class Nodes {
  readonly #foundation: Foundation
  readonly #world: ObservedWorld
  readonly #book: SiteBook
  readonly #hasBeside: boolean

  constructor(foundation: Foundation, world: ObservedWorld, book: SiteBook, hasBeside: boolean) {
    this.#foundation = foundation
    this.#world = world
    this.#book = book
    this.#hasBeside = hasBeside
  }

  /** @param moment `before step 2` */
  idle(moment: string): void {
    if (!this.#book.cares) return
    for (const pod of this.#world.list('Pod')) if (isReady(pod)) this.#pod(pod, moment)
    for (const node of this.#world.list('Node')) if (isReady(node)) this.#node(node, moment)
    if (!this.#hasBeside || this.#visit('', moment, 'pods', BESIDE_FAULTS) === undefined) return
    const link = this.#foundation.network.link(BESIDE)
    link.hold('pods')
    this.#book.later(() => link.release('pods'))
  }

  #pod(pod: Untyped, moment: string): void {
    const fault = this.#visit(`Pod/${shortKey(pod)} `, moment, 'pods', POD_FAULTS)
    if (fault === undefined) return
    if (fault === 'not-ready') this.#forAWhile(pod, 'pods', 'False')
    else {
      const conditions = withReady(pod, 'False')
      const message = 'The node was low on resource: memory.'
      this.#patchStatus(pod, 'pods', { phase: 'Failed', reason: 'Evicted', message, conditions })
    }
  }

  #node(node: Untyped, moment: string): void {
    const fault = this.#visit(`Node/${shortKey(node)} `, moment, 'nodes', NODE_FAULTS)
    if (fault !== undefined) this.#forAWhile(node, 'nodes', 'Unknown')
  }

  #visit(
    object: string,
    moment: string,
    resource: string,
    faults: readonly FaultName[],
  ): FaultName | undefined {
    const at = `${ACTOR}: ${object}${moment}`
    const fault = this.#book.visit(at, faults, { process: ACTOR, type: 'idle', resource })
    if (fault !== undefined) this.#book.injected(ACTOR, fault, at)
    return fault
  }

  #forAWhile(object: Untyped, resource: string, status: string): void {
    this.#patchStatus(object, resource, { conditions: withReady(object, status) })
    const { name = '', namespace, uid } = object.metadata
    this.#book.later(() => {
      const now = this.#world.get(object.kind ?? '', name, namespace)
      if (now?.metadata.uid === uid) this.#patchStatus(now, resource, { conditions: withReady(now, 'True') })
    })
  }

  #patchStatus({ metadata }: Untyped, resource: string, status: object): void {
    void this.#foundation.server.handle({
      verb: 'patch',
      group: '',
      version: 'v1',
      resource,
      namespace: metadata.namespace,
      name: metadata.name,
      subresource: 'status',
      body: { status },
      patchType: 'application/merge-patch+json',
      user: ADMIN,
      userAgent: ACTOR,
    })
  }
}

function isReady(object: Untyped): boolean {
  const conditions = (object['status']?.conditions ?? []) as readonly Condition[]
  return conditions.some((it) => it.type === 'Ready' && it.status === 'True')
}

function withReady(object: Untyped, status: string): readonly Condition[] {
  const conditions = object['status'].conditions as readonly Condition[]
  return conditions.map((it) =>
    it.type === 'Ready' || it.type === 'ContainersReady' ? { ...it, status } : it,
  )
}
