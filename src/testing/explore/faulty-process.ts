/**
 * A process under test, with everything that can go wrong for it. At every suspension point (a call, a watch event,
 * a moment when it is idle) it comes by a named site, and the plan says what happens there.
 */
import { type KubeObject, objectKey } from '../../api/kind.ts'
import type { ApiRequest, ApiResponse, WatchEvent } from '../../api/request.ts'
import type { KindRef } from '../../client/client.ts'
import type { Component } from '../../client/process.ts'
import { type ProcessHandle, startProcess } from '../../client/process-host.ts'
import type { Link, MessageFault } from '../../client/transport.ts'
import type { Foundation } from '../../cluster/foundation.ts'
import { ADMIN } from '../../cluster/users.ts'
import { type FaultName, faultKind } from './faults.ts'
import type { About, Observation } from './observation.ts'
import { shortKey } from './observed-world.ts'
import { laggingApi, touch } from './other-parties.ts'
import { requestName } from './request-name.ts'

/** What a process asks of the run that it is part of. */
export interface SiteBook {
  /** Does anybody want to know of the places that the run comes by? */
  readonly cares: boolean
  /** Notes that the run came by a place where one of these could happen; returns what the plan says, if anything. */
  visit(place: string, faults: readonly FaultName[], about: About): FaultName | undefined
  /** Is this a run that is looked at closely? */
  readonly observing: boolean
  /** For the log of a run that is looked at closely. */
  observed(observation: Observation): void
  /** What must be undone later: at the second `settle` from now, or when faults are over. */
  later(undo: () => void): void
  /** What must be undone when faults are over. */
  untilTheEnd(undo: () => void): void
  injected(process: string, fault: FaultName, at: string): void
  /** A write without a version is on its way, by somebody who knows the object as `saw`. */
  unguarded(process: string, request: ApiRequest, saw: KubeObject | undefined): void
  /** The answer to a call. */
  answered(process: string, object: KubeObject): void
  read(process: string, kind: KindRef, key: string, object: KubeObject | undefined): void
  /** The revision at which the cluster was last settled, before now; 0 when never. */
  readonly lastSettled: number
  /** Revisions right after each step of the user so far. */
  readonly stepRevisions: readonly number[]
}

const READ_FAULTS: readonly FaultName[] = ['error', 'throttled', 'slow', 'two-leaders']
const OUTSIDE_FAULTS: readonly FaultName[] = [
  'error',
  'lost-answer',
  'crash-after',
  'crash-before',
  'slow',
  'two-leaders',
]
const CREATE_FAULTS: readonly FaultName[] = [...OUTSIDE_FAULTS, 'throttled']
const CHANGE_FAULTS: readonly FaultName[] = [...CREATE_FAULTS, 'conflict']
const EVENT_FAULTS: readonly FaultName[] = ['lag', 'missed']
const IDLE_FAULTS: readonly FaultName[] = ['restart', 'down', 'stale', 'clock-forward', 'clock-back']

/** A crashed container is back after so long. */
const RESTART_MS = 200
const HOUR_MS = 3_600_000

export class FaultyProcess {
  readonly name: string
  readonly handle: ProcessHandle
  readonly #foundation: Foundation
  readonly #book: SiteBook
  readonly #link: Link
  readonly #component: () => Component
  readonly #onResume: (() => void)[] = []
  /** What the controller has read or been answered last, by resource and key. */
  readonly #seen = new Map<string, Map<string, KubeObject>>()
  #down = false

  constructor(name: string, foundation: Foundation, component: () => Component, book: SiteBook) {
    this.name = name
    this.#foundation = foundation
    this.#book = book
    this.#component = component
    this.#link = foundation.network.link(name)
    this.#link.faults = {
      outbound: (request) => this.#outbound(request),
      inbound: (request, response) => this.#inbound(request, response),
      event: (resource, event) => this.#event(resource, event),
    }
    this.handle = this.#start(name, this.#link)
  }

  // -- faults at calls ----------------------------------------------------------------------------------

  /** What the last call's site said, for its answer. */
  readonly #planned = new WeakMap<ApiRequest, { readonly at: string; readonly fault: FaultName }>()

  #outbound(request: ApiRequest): MessageFault {
    if (isPlumbing(request)) {
      const { verb, resource } = request
      if (verb === 'list') this.#book.observed({ type: 'watch', process: this.name, resource })
      return undefined
    }
    this.#watchForOverwrites(request)
    if (!this.#book.cares) return undefined
    const at = `${this.name}: ${requestName(this.#foundation.scheme, request)}`
    const fault = this.#visitCall(
      at,
      faultsFor(request),
      typeOf(request),
      isGuarded(request),
      request.resource,
    )
    if (fault === undefined) return undefined
    this.#book.injected(this.name, fault, at)
    switch (fault) {
      case 'error':
        return SERVER_ERROR
      case 'throttled':
        return TOO_MANY
      case 'conflict':
        touch(this.#foundation.server, this.#foundation.store.revision, request)
        return undefined
      case 'crash-before':
        this.#crash()
        return 'lost'
      case 'slow':
        // Late arrival harms only what names the version that it is about; elsewhere the answer is late.
        if (request.verb === 'update' || request.verb === 'patch') return (proceed) => this.#later(proceed)
        this.#planned.set(request, { at, fault })
        return undefined
      case 'two-leaders':
        return (proceed) => this.#usurp(proceed)
      default:
        this.#planned.set(request, { at, fault })
        return undefined
    }
  }

  #inbound(request: ApiRequest, response: ApiResponse): MessageFault {
    if (response.ok) {
      const { metadata } = response.body as KubeObject
      if (metadata?.resourceVersion)
        this.#saw(request.resource, objectKey(metadata), response.body as KubeObject)
      this.#book.answered(this.name, response.body as KubeObject)
    }
    const planned = this.#planned.get(request)
    if (planned === undefined || !response.ok) return undefined
    if (planned.fault === 'lost-answer') return GATEWAY_TIMEOUT
    if (planned.fault === 'slow') return (proceed) => this.#later(proceed)
    if (planned.fault === 'crash-after') {
      this.#crash()
      return 'lost'
    }
    return undefined
  }

  /**
   * A call of a system outside, made by this process's current task.
   * @param apply makes the call true and returns its result
   */
  call(name: string, apply: () => unknown): Promise<unknown> {
    const { loop } = this.#foundation
    const at = `${this.name}: ${name}`
    const fault = this.#book.cares ? this.#visitCall(at, OUTSIDE_FAULTS, 'outside', false) : undefined
    if (fault !== undefined) this.#book.injected(this.name, fault, at)
    const { promise, resume, fail } = loop.suspend<unknown>()
    const answer = (deliver: () => void) =>
      loop.after(1, () => {
        if (this.handle.state === 'paused') this.#onResume.push(deliver)
        else deliver()
      })
    const arrive = () => {
      let result: unknown
      try {
        result = apply()
      } catch (error) {
        answer(() => fail(error))
        return
      }
      if (fault === 'crash-after') this.#crash()
      else if (fault === 'lost-answer') answer(() => fail(new Error(`${name}: 504 Gateway Timeout`)))
      else if (fault === 'slow') this.#later(() => answer(() => resume(result)))
      else answer(() => resume(result))
    }
    if (fault === 'error') answer(() => fail(new Error(`${name}: 500 Internal Server Error`)))
    else if (fault === 'crash-before') this.#crash()
    else if (fault === 'two-leaders') this.#usurp(() => loop.after(1, arrive))
    else loop.after(1, arrive)
    return promise
  }

  #saw(resource: string, key: string, object: KubeObject): void {
    const seen = this.#seen.get(resource)
    if (seen === undefined) this.#seen.set(resource, new Map([[key, object]]))
    else seen.set(key, object)
  }

  /** A PUT or a patch that names no version changes whatever is there. */
  #watchForOverwrites(request: ApiRequest): void {
    const { verb, patchType, resource, namespace, name } = request
    const changes = verb === 'update' || (verb === 'patch' && patchType !== 'application/apply-patch+yaml')
    if (!changes || isGuarded(request)) return
    this.#book.unguarded(this.name, request, this.#seen.get(resource)?.get(objectKey({ namespace, name })))
  }

  #visitCall(
    at: string,
    faults: readonly FaultName[],
    type: About['type'],
    guarded: boolean,
    resource?: string,
  ): FaultName | undefined {
    const { task } = this.#foundation.loop.context
    const callSite = this.#book.observing ? whoCalls() : undefined
    return this.#book.visit(at, faults, { process: this.name, type, task, guarded, resource, callSite })
  }

  // -- faults of watches --------------------------------------------------------------------------------

  #event(resource: string, { type, object }: WatchEvent): void {
    if (!this.#book.cares || type === 'BOOKMARK' || resource === 'events') return
    const it = object as KubeObject
    const at = `${this.name}: sees ${type} ${it.kind}/${shortKey(it)}`
    const about: About = { process: this.name, type: 'event', resource, event: `${type} ${shortKey(it)}` }
    const fault = this.#book.visit(at, EVENT_FAULTS, about)
    if (fault === undefined) return
    this.#book.injected(this.name, fault, at)
    this.#link.hold(resource)
    this.#book.later(() => {
      if (fault === 'missed') this.#link.expireWatches(resource)
      this.#link.release(resource)
    })
  }

  // -- faults of idle processes -------------------------------------------------------------------------

  /** @param moment `before step 2` */
  idle(moment: string): void {
    if (!this.#book.cares) return
    const at = `${this.name}: ${moment}`
    const { lastSettled, stepRevisions } = this.#book
    const usual = lastSettled > 0 ? IDLE_FAULTS : IDLE_FAULTS.filter((it) => it !== 'stale')
    const past = stepRevisions.map((_, step) => `stale@${step + 1}` as const)
    const about: About = { process: this.name, type: 'idle', settledRevision: lastSettled }
    const fault = this.#book.visit(at, [...usual, ...past], about)
    if (fault === undefined) return
    this.#book.injected(this.name, fault, at)
    if (fault === 'restart') this.handle.restart()
    else if (fault === 'clock-forward') this.#jump(HOUR_MS)
    else if (fault === 'clock-back') this.#jump(-HOUR_MS)
    else if (fault === 'stale') this.#restartAt(lastSettled)
    else if (faultKind(fault) === 'stale')
      this.#restartAt(stepRevisions[Number(fault.slice('stale@'.length)) - 1]!)
    else {
      this.#down = true
      this.handle.crash()
      this.#book.later(() => {
        this.#down = false
        this.recover()
      })
    }
  }

  /** What is put off is still done by whoever does it now. */
  #later(run: () => void): void {
    const { loop } = this.#foundation
    const { context } = loop
    this.#book.later(() => loop.within(context, run))
  }

  /** Wrong until faults are over; then somebody sets it right. */
  #jump(byMs: number): void {
    this.handle.jumpClock(byMs)
    this.#book.untilTheEnd(() => this.handle.jumpClock(-byMs))
  }

  /** The API server that it meets again lags: its lists are old and news comes later. */
  #restartAt(revision: number): void {
    const lagging = laggingApi(this.#foundation.server, revision)
    this.#link.api = lagging
    this.#link.hold()
    this.handle.restart()
    this.#book.later(() => {
      if (this.#link.api !== lagging) return // It has met another one since.
      this.#link.api = this.#foundation.server
      this.#link.release()
    })
  }

  // -----------------------------------------------------------------------------------------------------

  /** All its caches are listed anew, so that every reconcile runs once more. */
  relist(): void {
    this.#link.expireWatches()
  }

  /** Back to life, if it is not. */
  recover(): void {
    if (this.handle.state === 'crashed' && !this.#down) this.handle.restart()
  }

  #crash(): void {
    this.handle.crash()
    this.#foundation.loop.after(RESTART_MS, () => this.recover(), {
      label: `${this.name} restarts`,
      context: { cause: 0, background: false },
    })
  }

  /** This process stands still, another one leads; later this one goes on where it was. */
  #usurp(proceed: () => void): void {
    this.handle.pause()
    const rival = this.#start(`${this.name} (second)`, this.#foundation.network.link(`${this.name} (second)`))
    this.#later(() => {
      rival.crash()
      this.handle.resume()
      for (const deliver of this.#onResume.splice(0)) deliver()
      proceed()
    })
  }

  #start(name: string, link: Link): ProcessHandle {
    const { environment } = this.#foundation
    return startProcess({
      name,
      user: ADMIN,
      transport: link,
      components: [this.#component()],
      environment,
      onClock: () => this.#book.observed({ type: 'clock', process: this.name }),
      onRead: (kind, key, object) => {
        if (object !== undefined) this.#saw(kind.resource, key, object)
        this.#book.read(name, kind, key, object)
      },
    })
  }
}

/** Informers' lists, leases and Events are plumbing, not decisions of the controller. */
function isPlumbing({ verb, resource, options }: ApiRequest): boolean {
  if (resource === 'events' || resource === 'leases') return true
  return verb === 'list' && options?.resourceVersion !== undefined
}

function typeOf({ verb }: ApiRequest): About['type'] {
  if (verb === 'get' || verb === 'list') return 'read'
  return verb === 'create' ? 'create' : 'change'
}

/** Does it name the version that it is about? */
function isGuarded({ body, options }: ApiRequest): boolean {
  const version = (body as KubeObject | undefined)?.metadata?.resourceVersion
  return Boolean(version || options?.preconditions?.resourceVersion)
}

function faultsFor({ verb }: ApiRequest): readonly FaultName[] {
  if (verb === 'get' || verb === 'list') return READ_FAULTS
  return verb === 'create' ? CREATE_FAULTS : CHANGE_FAULTS
}

/** The places in the code of the controller from which we are called, innermost first. */
function whoCalls(): string | undefined {
  const { stackTraceLimit, prepareStackTrace } = Error
  Error.stackTraceLimit = 50
  Error.prepareStackTrace = (_, sites) => {
    const names = sites.map((it) => it.getFunctionName() ?? '')
    // The runtime around a reconcile looks different before its first await and after it.
    let end = names.findIndex((it) => it === 'surrounded' || it === '#work')
    if (end < 0) end = sites.length
    while (end > 0 && (names[end - 1] === '' || names[end - 1] === 'current' || isHosts(sites[end - 1]!)))
      end--
    return sites
      .slice(0, end)
      .map((it) => `${it.getFileName()}:${it.getLineNumber()}:${it.getColumnNumber()}`)
      .join('\n')
  }
  const { stack } = new Error()
  Error.stackTraceLimit = stackTraceLimit
  Error.prepareStackTrace = prepareStackTrace
  return stack
}

function isHosts(site: NodeJS.CallSite): boolean {
  return site.getFileName()?.startsWith('node:') === true
}

function refusal(code: number, reason: string, message: string): ApiResponse {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message }
  return Object.freeze({ ok: false, code, status: Object.freeze(status) })
}

const SERVER_ERROR = refusal(500, 'InternalError', 'Internal error occurred: etcdserver: request timed out')
const TOO_MANY = refusal(429, 'TooManyRequests', 'Too many requests, please try again later.')
const GATEWAY_TIMEOUT = refusal(504, 'Timeout', 'Timeout: request did not complete within requested timeout')
