/**
 * Faults by hand for the fixture's cluster: each happens when the test says, or at the next call of a name. They are
 * legal for the reasons that `FAULTS` cites.
 */
import type { ApiRequest, ApiResponse } from '../api/request.ts'
import type { Link, LinkFaults } from '../client/transport.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { SimCluster } from '../cluster/sim-cluster.ts'
import type { Call } from './explore/hands.ts'
import { requestName } from './explore/request-name.ts'

/** What the server says in a refusal; 409 needs no such help: let somebody else write. */
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
  /** Watch events of a resource (`pods`; absent: all) wait until `release`. */
  lag(process: string, resource?: string): void
  release(process: string, resource?: string): void
  /** The watch breaks; the informer resumes where it was. */
  dropWatch(process: string, resource?: string): void
  /** The watch expires; the informer lists again. */
  forceRelist(process: string, resource?: string): void
  /** Nothing passes between the process and the API server. */
  partition(process: string): void
  heal(process: string): void
  /** As for two leaders: the process stands still while others act, and wakes where it was. */
  pause(process: string): void
  resume(process: string): void
  jumpClock(process: string, byMs: number): void
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
  hit(request: ApiRequest): ApiResponse | 'lost' | undefined
}

class Kit implements FaultKit {
  readonly #cluster: SimCluster
  readonly #pending = new Map<Link, Pending[]>()

  constructor(cluster: SimCluster) {
    this.#cluster = cluster
  }

  crashAt(process: string, call: Call): void {
    this.#at(process, call, () => {
      this.#cluster.process(process).crash()
      return 'lost'
    })
  }

  refuse(process: string, call: Call, code: keyof typeof REFUSALS): void {
    this.#at(process, { ...call, when: 'before' }, () => refusal(code))
  }

  loseAnswer(process: string, call: Call): void {
    this.#at(process, { ...call, when: 'after' }, () => refusal(504))
  }

  lag(process: string, resource?: string): void {
    this.#link(process).hold(resource)
  }

  release(process: string, resource?: string): void {
    this.#link(process).release(resource)
  }

  dropWatch(process: string, resource?: string): void {
    this.#link(process).dropWatches(resource)
  }

  forceRelist(process: string, resource?: string): void {
    this.#link(process).expireWatches(resource)
  }

  partition(process: string): void {
    this.#link(process).partition()
  }

  heal(process: string): void {
    this.#link(process).heal()
  }

  pause(process: string): void {
    this.#cluster.process(process).pause()
  }

  resume(process: string): void {
    this.#cluster.process(process).resume()
  }

  jumpClock(process: string, byMs: number): void {
    this.#cluster.process(process).jumpClock(byMs)
  }

  #at(process: string, call: Call, hit: Pending['hit']): void {
    const link = this.#link(process)
    const pending = this.#pending.get(link) ?? []
    this.#pending.set(link, pending)
    pending.push({ call, left: call.nth, hit })
    link.faults = this.#hooks(pending)
  }

  #hooks(pending: Pending[]): LinkFaults {
    const meet = (request: ApiRequest, when: 'before' | 'after') => {
      const name = requestName(this.#cluster.scheme, request)
      const found = pending.find((it) => it.call.when === when && it.call.name === name)
      if (found === undefined || --found.left > 0) return undefined
      pending.splice(pending.indexOf(found), 1)
      this.#cluster.journal.record('fault', request.userAgent ?? '', '', `${when} ${name}`)
      return found.hit(request)
    }
    return { outbound: (request) => meet(request, 'before'), inbound: (request) => meet(request, 'after') }
  }

  /** Asks for the process first, so that a slip in its name is told. */
  #link(process: string): Link {
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
