/**
 * Faults by hand for the fixture's cluster: each happens when the test says, or at the next call of a name. They are
 * legal for the reasons that `LEGAL` cites.
 */
import type { ApiRequest, ApiResponse } from '../api/request.ts'
import type { Link, LinkFaults, MessageFault } from '../client/transport.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { SimCluster } from '../cluster/sim-cluster.ts'
import { FAULTS } from './explore/faults.ts'
import type { Call } from './explore/hands.ts'
import { laggingApi, touch } from './explore/other-parties.ts'
import { requestName } from './explore/request-name.ts'

/** What the server says in a refusal; 409 only comes from true versions: see `conflict`. */
const REFUSALS = {
  410: ['Expired', 'The resourceVersion for the provided watch is too old.'],
  429: ['TooManyRequests', 'Too many requests, please try again later.'],
  500: ['InternalError', 'Internal error occurred: etcdserver: request timed out'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'Timeout: request did not complete within requested timeout'],
} as const

export interface FaultKit {
  /** The process dies before the call is sent, or after it was applied. It stays down until it is restarted. */
  crashAt(process: string, call: Call): void
  /** The next call of this name is refused and not applied. */
  refuse(process: string, call: Call, code: keyof typeof REFUSALS): void
  /** The next call of this name is applied, and its answer lost (504). */
  loseAnswer(process: string, call: Call): void
  /** Somebody else changes the object just before the next call of this name: what names its version gets 409. */
  conflict(process: string, call: Call): void
  /** The next call of this name is under way for so long: before it is applied, or its answer (`after`). */
  delay(process: string, call: Call, ms: number): void
  /** Watch events of a resource (`pods`; absent: all) wait until `release`. */
  lag(process: string, resource?: string): void
  release(process: string, resource?: string): void
  /** The watch breaks; the informer resumes where it was. */
  dropWatch(process: string, resource?: string): void
  /** The watch expires; the informer lists again. */
  forceRelist(process: string, resource?: string): void
  /**
   * The process is restarted and meets an API server whose cache is as old as this revision (`resourceVersion` of what
   * it should see last); news comes with `catchUp`.
   */
  restartInPast(process: string, revision: number | string): void
  catchUp(process: string): void
  /** Nothing passes between the process and the API server. */
  partition(process: string): void
  heal(process: string): void
  /** It stands still while others act, and wakes where it was. */
  pause(process: string): void
  resume(process: string): void
  /** A leader that stands still: a second process of the same controllers leads, until `wakeUp`; then both believe to. */
  usurp(process: string): void
  /** The first goes on where it was. The second one stays. */
  wakeUp(process: string): void
  jumpClock(process: string, byMs: number): void
  /** The machine loses power: kubelet and containers are gone. `cluster.node(name).recover()` switches it on again. */
  killNode(node: string): void
  /** The kernel kills a container, for want of memory or otherwise. */
  killContainer(pod: string, container: string, reason?: 'OOMKilled', namespace?: string): void
}

type Disturbing = Exclude<keyof FaultKit, 'release' | 'catchUp' | 'heal' | 'resume' | 'wakeUp'>

/** The documented behaviour that makes each legal; the journal tells it with the fault. */
export const LEGAL: Readonly<Record<Disturbing, string>> = {
  crashAt: FAULTS['crash-after'].legal,
  refuse: FAULTS.error.legal,
  loseAnswer: FAULTS['lost-answer'].legal,
  conflict: FAULTS.conflict.legal,
  delay: FAULTS.slow.legal,
  lag: FAULTS.lag.legal,
  dropWatch:
    'API concepts, "Efficient detection of changes": a watch may end, and goes on from the last version seen',
  forceRelist: FAULTS.missed.legal,
  restartInPast: FAULTS.stale.legal,
  partition: 'Nodes, "Heartbeats": a node or process may be cut off while what it runs goes on',
  pause: FAULTS['two-leaders'].legal,
  usurp: FAULTS['two-leaders'].legal,
  jumpClock: FAULTS['clock-forward'].legal,
  killNode: 'Nodes, "Heartbeats": a node that fails is only found out by its silence',
  killContainer: 'Pod lifecycle, "How Pods handle problems with containers": containers may end at any time',
}

/** @param cluster the fixture's, or one of `createCluster` */
export function faults(cluster: Cluster): FaultKit {
  if (!(cluster instanceof SimCluster)) throw new Error('faults need a cluster of createCluster')
  return new Kit(cluster)
}

interface Pending {
  readonly call: Call
  /** Calls of this name still to come, the one that is hit included. */
  left: number
  readonly fault: Disturbing
  hit(request: ApiRequest): MessageFault
}

class Kit implements FaultKit {
  readonly #cluster: SimCluster
  readonly #pending = new Map<Link, Pending[]>()

  constructor(cluster: SimCluster) {
    this.#cluster = cluster
  }

  crashAt(process: string, call: Call): void {
    this.#at('crashAt', process, call, () => {
      this.#cluster.process(process).crash()
      return 'lost'
    })
  }

  refuse(process: string, call: Call, code: keyof typeof REFUSALS): void {
    this.#at('refuse', process, { ...call, when: 'before' }, () => refusal(code))
  }

  loseAnswer(process: string, call: Call): void {
    this.#at('loseAnswer', process, { ...call, when: 'after' }, () => refusal(504))
  }

  conflict(process: string, call: Call): void {
    const { server, store } = this.#cluster.foundation
    this.#at('conflict', process, { ...call, when: 'before' }, (request) => {
      touch(server, store.revision, request)
      return undefined
    })
  }

  delay(process: string, call: Call, ms: number): void {
    this.#at('delay', process, call, () => ms)
  }

  lag(process: string, resource?: string): void {
    this.#link('lag', process).hold(resource)
  }

  release(process: string, resource?: string): void {
    this.#linkOf(process).release(resource)
  }

  dropWatch(process: string, resource?: string): void {
    this.#link('dropWatch', process).dropWatches(resource)
  }

  forceRelist(process: string, resource?: string): void {
    this.#link('forceRelist', process).expireWatches(resource)
  }

  restartInPast(process: string, revision: number | string): void {
    const link = this.#link('restartInPast', process)
    link.api = laggingApi(this.#cluster.foundation.server, Number(revision))
    link.hold()
    this.#cluster.process(process).restart()
  }

  catchUp(process: string): void {
    const link = this.#linkOf(process)
    link.api = this.#cluster.foundation.server
    link.release()
  }

  partition(process: string): void {
    this.#link('partition', process).partition()
  }

  heal(process: string): void {
    this.#linkOf(process).heal()
  }

  pause(process: string): void {
    this.#note('pause', process)
    this.#cluster.process(process).pause()
  }

  resume(process: string): void {
    this.#cluster.process(process).resume()
  }

  usurp(process: string): void {
    const first = this.#cluster.process(process)
    this.#note('usurp', process)
    first.pause()
    const name = `${first.name} (second)`
    first.twin(name, this.#cluster.foundation.network.link(name))
  }

  wakeUp(process: string): void {
    this.resume(process)
  }

  jumpClock(process: string, byMs: number): void {
    this.#note('jumpClock', process)
    this.#cluster.process(process).jumpClock(byMs)
  }

  killNode(node: string): void {
    this.#note('killNode', node)
    this.#cluster.node(node).crash()
  }

  killContainer(pod: string, container: string, reason?: 'OOMKilled', namespace = 'default'): void {
    for (const { machine } of this.#cluster.nodes()) {
      const { runtime } = machine
      for (const { id, state, config, sandbox } of runtime.listContainers()) {
        if (config.name !== container || state !== 'CONTAINER_RUNNING') continue
        if (sandbox.config.name !== pod || sandbox.config.namespace !== namespace) continue
        this.#note('killContainer', `${namespace}/${pod}`)
        runtime.killContainer(id, reason)
        return
      }
    }
    throw new Error(`no container ${container} of pod ${namespace}/${pod} runs`)
  }

  #at(fault: Disturbing, process: string, call: Call, hit: Pending['hit']): void {
    const link = this.#linkOf(process)
    const pending = this.#pending.get(link) ?? []
    this.#pending.set(link, pending)
    pending.push({ call, left: call.nth, fault, hit })
    link.faults = this.#hooks(pending)
  }

  #hooks(pending: Pending[]): LinkFaults {
    const meet = (request: ApiRequest, when: 'before' | 'after') => {
      const name = requestName(this.#cluster.scheme, request)
      const found = pending.find((it) => it.call.when === when && it.call.name === name)
      if (found === undefined || --found.left > 0) return undefined
      pending.splice(pending.indexOf(found), 1)
      this.#note(found.fault, request.userAgent ?? '', ` ${when} ${name}`)
      return found.hit(request)
    }
    return { outbound: (request) => meet(request, 'before'), inbound: (request) => meet(request, 'after') }
  }

  #note(fault: Disturbing, victim: string, where = ''): void {
    this.#cluster.journal.record('fault', victim, '', `${fault}${where}`, { legal: LEGAL[fault] })
  }

  #link(fault: Disturbing, process: string): Link {
    const link = this.#linkOf(process)
    this.#note(fault, process)
    return link
  }

  /** Asks for the process first, so that a slip in its name is told. */
  #linkOf(process: string): Link {
    return this.#cluster.foundation.network.link(this.#cluster.process(process).name)
  }
}

function refusal(code: keyof typeof REFUSALS): ApiResponse {
  const [reason, message] = REFUSALS[code]
  return {
    ok: false,
    code,
    status: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message },
  }
}
