/** Matchers for clusters and their objects. Objects may be plain, or a live `resource(cluster, kind, name)`. */
import { ApiError } from '../api/errors.ts'
import type { KubeObject } from '../api/kind.ts'
import type { Cluster, DurationLike } from '../cluster/cluster.ts'
import { isLiveResource } from './resource.ts'

interface Verdict {
  readonly pass: boolean
  readonly message: () => string
}

/** What `expect(...)` gains; every matcher can be negated. */
export interface KubariumMatchers<R = unknown> {
  /** The object is there, deleting or not. */
  toExist(): R
  /** A condition of this type has this status, default True. */
  toHaveCondition(type: string, status?: 'True' | 'False' | 'Unknown', reason?: string): R
  /** Its condition Ready or Available is True, and as many replicas as wanted are ready. */
  toBeReady(): R
  toHavePhase(phase: string): R
  /** Has at least these fields. */
  toMatchResource(partial: object): R
  /** An owner reference to an object of this kind and name. */
  toHaveOwner(kind: string, name: string): R
  /** An Event about the object (or any, for a cluster) with this reason; the message may be a part. */
  toHaveEvent(reason: string, message?: string | RegExp): R
  /** The promise rejects with an API error of this reason or code. */
  toFailWithStatus(reasonOrCode: string | number): Promise<R>
  /** The cluster settles and then nothing is written for ten minutes but heartbeats. */
  toConverge(within?: DurationLike): Promise<R>
  /** The function, given two fresh starts, leads to the same run hash: it returns the cluster it made. */
  toReplayIdentically(): Promise<R>
  /** The function comes to return true within so much virtual time, default 10m. */
  toEventually(check: () => boolean, within?: DurationLike): Promise<R>
}

export const matchers = {
  toExist(received: unknown): Verdict {
    return verdict(objectOf(received) !== undefined, `${nameOf(received)} exists`)
  },

  toHaveCondition(received: unknown, type: string, status = 'True', reason?: string): Verdict {
    const conditions = conditionsOf(received)
    const found = conditions.find((it) => it.type === type)
    const pass = found?.status === status && (reason === undefined || found.reason === reason)
    const has = conditions
      .map((it) => `${it.type}=${it.status}${it.reason ? ` (${it.reason})` : ''}`)
      .join(', ')
    const wanted = `${type}=${status}${reason === undefined ? '' : ` (${reason})`}`
    return verdict(pass, `${nameOf(received)} has condition ${wanted}; it has: ${has || 'none'}`)
  },

  toBeReady(received: unknown): Verdict {
    const conditions = conditionsOf(received)
    const { spec, status } = (objectOf(received) ?? {}) as Record<string, Record<string, unknown> | undefined>
    const positive = conditions.some(
      (it) => (it.type === 'Ready' || it.type === 'Available') && it.status === 'True',
    )
    const wanted = spec?.['replicas']
    const ready = Number(status?.['readyReplicas'] ?? 0)
    const enough =
      typeof wanted !== 'number' || (ready === wanted && Number(status?.['replicas'] ?? 0) === wanted)
    const known = conditions.some((it) => it.type === 'Ready' || it.type === 'Available')
    const pass = typeof wanted === 'number' ? enough && (positive || !known) : positive
    const detail = typeof wanted === 'number' ? `; ${ready} of ${wanted} replicas are ready` : ''
    return verdict(pass, `${nameOf(received)} is ready${detail}`)
  },

  toHavePhase(received: unknown, phase: string): Verdict {
    const { status } = (objectOf(received) ?? {}) as { status?: { phase?: string } }
    return verdict(
      status?.phase === phase,
      `${nameOf(received)} has phase ${phase}; it has ${status?.phase ?? 'none'}`,
    )
  },

  toMatchResource(received: unknown, partial: object): Verdict {
    const object = objectOf(received)
    const missing = object === undefined ? 'the object itself' : firstDifference(object, partial, '')
    return verdict(
      missing === undefined,
      `${nameOf(received)} matches; it differs in ${missing ?? 'nothing'}`,
    )
  },

  toHaveOwner(received: unknown, kind: string, name: string): Verdict {
    const owners = objectOf(received)?.metadata?.ownerReferences ?? []
    const has = owners.map((it) => `${it.kind}/${it.name}`).join(', ')
    const pass = owners.some((it) => it.kind === kind && it.name === name)
    return verdict(pass, `${nameOf(received)} is owned by ${kind}/${name}; its owners: ${has || 'none'}`)
  },

  toHaveEvent(received: unknown, reason: string, message?: string | RegExp): Verdict {
    const cluster = isLiveResource(received) ? received.cluster : (received as Cluster)
    const about = isLiveResource(received) ? received : undefined
    const events = cluster
      .peek()
      .list<KubeObject & CoreEvent>({ kind: 'Event', group: '' })
      .filter(
        ({ involvedObject: it }) =>
          about === undefined || (it?.kind === about.kind && it.name === about.name),
      )
    const pass = events.some((it) => it.reason === reason && isLike(it.message ?? '', message))
    const has = events.map((it) => `${it.reason}: ${it.message}`).join('; ')
    return verdict(
      pass,
      `${nameOf(received)} has an event ${reason} ${message ?? ''}; there are: ${has || 'none'}`,
    )
  },

  async toFailWithStatus(received: unknown, wanted: string | number): Promise<Verdict> {
    const error: unknown = await Promise.resolve(typeof received === 'function' ? received() : received).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    const found =
      error instanceof ApiError
        ? `${error.reason} (${error.code}): ${error.message}`
        : String(error ?? 'success')
    const pass = error instanceof ApiError && (error.reason === wanted || error.code === wanted)
    return verdict(pass, `the call fails with ${wanted}; it ended in ${found}`)
  },

  async toConverge(received: unknown, within: DurationLike = '1h'): Promise<Verdict> {
    const cluster = received as Cluster
    await cluster.settle(within)
    await cluster.advance('10m')
    const before = new Set(stateOf(cluster))
    await cluster.advance('10m')
    const changed = stateOf(cluster).filter((it) => !before.has(it))
    return verdict(
      changed.length === 0,
      `nothing changes any more; still changing: ${changed.slice(0, 5).join(', ')}`,
    )
  },

  async toReplayIdentically(received: unknown): Promise<Verdict> {
    const run = received as () => Promise<Cluster>
    const [first, second] = [(await run()).runHash(), (await run()).runHash()]
    return verdict(first === second, `both runs have one hash; they have ${first} and ${second}`)
  },

  async toEventually(
    received: unknown,
    check: () => boolean,
    within: DurationLike = '10m',
  ): Promise<Verdict> {
    const cluster = received as Cluster
    const held = await cluster.waitFor(check, within).then(
      () => true,
      () => false,
    )
    return verdict(held, `${check.toString()} comes to hold within ${within}`)
  },
}

interface CoreEvent {
  readonly reason?: string
  readonly message?: string
  readonly involvedObject?: { readonly kind?: string; readonly name?: string }
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
}

function verdict(pass: boolean, claim: string): Verdict {
  return { pass, message: () => `expected${pass ? ' not' : ''}: ${claim}` }
}

function objectOf(received: unknown): KubeObject | undefined {
  return isLiveResource(received) ? received.get() : ((received ?? undefined) as KubeObject | undefined)
}

function nameOf(received: unknown): string {
  if (isLiveResource(received)) return `${received.kind} ${received.namespace}/${received.name}`
  const { kind, metadata } = (received ?? {}) as KubeObject
  return kind === undefined ? 'the cluster' : `${kind} ${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`
}

function conditionsOf(received: unknown): readonly Condition[] {
  const { status } = (objectOf(received) ?? {}) as { status?: { conditions?: readonly Condition[] } }
  return status?.conditions ?? []
}

function isLike(text: string, wanted: string | RegExp | undefined): boolean {
  if (wanted === undefined) return true
  return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)
}

/** Path of the first field of `partial` that `value` lacks or has otherwise. */
function firstDifference(value: unknown, partial: unknown, path: string): string | undefined {
  if (typeof partial !== 'object' || partial === null) {
    return Object.is(value, partial) ? undefined : `${path || 'the value'} (${JSON.stringify(value)})`
  }
  if (typeof value !== 'object' || value === null) return `${path || 'the value'} (${JSON.stringify(value)})`
  for (const [key, wanted] of Object.entries(partial)) {
    const field = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
    const different = firstDifference(field, wanted, path === '' ? key : `${path}.${key}`)
    if (different !== undefined) return different
  }
  return undefined
}

/** Every object with its version, heartbeats left out. */
function stateOf(cluster: Cluster): string[] {
  const state: string[] = []
  for (const { kind, metadata } of cluster.peek().all()) {
    if (kind === 'Lease' || kind === 'Event' || kind === 'Node') continue
    state.push(`${kind} ${metadata?.namespace ?? ''}/${metadata?.name} @${metadata?.resourceVersion}`)
  }
  return state
}
