/**
 * The API server: one pipeline for every request, whether it comes by reference from a process or decoded from
 * HTTP. Authenticated by the caller, a request is authorized, decoded, defaulted, admitted, validated and
 * committed; the commit is journalled and fanned out to watchers before the answer returns.
 */

import type { AccessAttributes } from '../api/authorization/access.ts'
import { ApiError, forbidden, methodNotServed, notServed } from '../api/errors.ts'
import { requiredFieldValue } from '../api/field-selector.ts'
import type { KindDefinition, KubeObject, StrategyContext } from '../api/kind.ts'
import { groupResource, objectRef } from '../api/kind.ts'
import type { PolicyRule } from '../api/rbac/rules.ts'
import type {
  ApiHandler,
  ApiRequest,
  ApiResponse,
  Maybe,
  UserInfo,
  WatchHandle,
  WatchSink,
} from '../api/request.ts'
import type { Scheme } from '../api/scheme.ts'
import { formatTime } from '../api/time.ts'
import type { Mirror } from '../etcd/mirror.ts'
import { prefixEnd, type Store } from '../etcd/store.ts'
import type { EventLoop, Timer } from '../kernel/event-loop.ts'
import { invariant } from '../kernel/invariant.ts'
import type { Journal, JournalEntry } from '../kernel/journal.ts'
import type { Random } from '../kernel/random.ts'
import { Admission, type AdmissionPlugin, attributesOf, refuserOf } from './admission/plugin.ts'
import type { WebhookCaller } from './admission/webhook-calls.ts'
import { ALLOW_ALL, type Authorizer, firstToAllow } from './authorization.ts'
import { bootstrap } from './bootstrap.ts'
import { type AdmissionOptions, defaultAdmission, HOOKS, SUBRESOURCES, writable } from './built-in.ts'
import { actorOf, type Call, type ServerContext } from './call.ts'
import { changeText } from './change-text.ts'
import { type ComputedSource, serveComputed } from './computed.ts'
import { create } from './create.ts'
import { CustomResources } from './custom-resources.ts'
import { remove, removeCollection } from './delete.ts'
import { type AggregatedVersion, Discovery, isServed } from './discovery.ts'
import { get, list } from './list.ts'
import { after } from './maybe.ts'
import { NodeAuthorizer } from './node-authorizer.ts'
import { patch } from './patch.ts'
import { RbacAuthorizer } from './rbac.ts'
import { RBAC_DEFAULTS } from './rbac-defaults.ts'
import { prefixOf, Resource } from './resource.ts'
import { reviewHandler } from './reviews.ts'
import { fieldTerms } from './select.ts'
import { Storage } from './storage.ts'
import type { SubresourceHandler } from './subresource.ts'
import { scaleOf } from './subresources/scale.ts'
import { type BoundClaims, ServiceAccountTokens, simulatedSigner, type TokenSigner } from './tokens.ts'
import { MAIN, STATUS, update } from './update.ts'
import { bookmark, startWatch } from './watch.ts'

const EVERYTHING = '/registry/'
const CUSTOM_RESOURCE_DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io'
/** Upstream sends bookmarks about once a minute. */
const BOOKMARK_PERIOD_MS = 60_000

export interface ApiServerOptions {
  readonly loop: EventLoop
  readonly journal: Journal
  readonly scheme: Scheme
  /** Commits of this store are what watchers hear of, whoever makes them. */
  readonly store: Store<KubeObject>
  /** An etcd elsewhere that decides about writes, of which `store` is the copy. */
  readonly mirror?: Mirror<KubeObject>
  readonly random: Random
  /** Default: the plug-ins that upstream turns on by default, with `admissionOptions`. */
  readonly admission?: readonly AdmissionPlugin[]
  readonly admissionOptions?: AdmissionOptions
  /** `RBAC`: roles and bindings decide. Default: everybody may do everything. */
  readonly authorization?: 'AlwaysAllow' | 'RBAC'
  /** `--event-ttl`: seconds that Events are kept after they were last written. Default: an hour. */
  readonly eventTtlSeconds?: number
  /** How tokens of service accounts are signed; default: well enough for a simulation. */
  readonly signer?: TokenSigner
}

/** Another API server under our roof, as an APIService registers one. */
export interface AggregatedServer extends AggregatedVersion {
  /** The body of the answer; throws ApiError. Authorization has been checked. */
  answer(request: ApiRequest): unknown
}

export class ApiServer implements ApiHandler, ServerContext {
  readonly loop: EventLoop
  readonly journal: Journal
  readonly scheme: Scheme
  readonly random: Random
  readonly storage: Storage
  readonly admission: Admission
  readonly discovery: Discovery
  readonly tokens: ServiceAccountTokens
  webhookCaller: WebhookCaller | undefined
  readonly #authorizer: Authorizer
  readonly #customResources: CustomResources
  readonly #eventTtlSeconds: number | undefined
  readonly #rbac: RbacAuthorizer | undefined
  readonly #store: Store<KubeObject>
  /** By resource and group; every version of a kind shares one. */
  readonly #resources = new Map<string, Map<string, Resource>>()
  /** By `group/version`. */
  readonly #aggregated = new Map<string, AggregatedServer>()
  #bookmarks: Timer | undefined
  #strategy: StrategyContext = { now: '', nowMs: Number.NaN }

  constructor(options: ApiServerOptions) {
    this.loop = options.loop
    this.journal = options.journal
    this.scheme = options.scheme
    this.random = options.random
    this.storage = new Storage(options.store, options.loop, options.mirror)
    this.admission = new Admission(
      options.admission ??
        defaultAdmission({ restrictNodes: options.authorization === 'RBAC', ...options.admissionOptions }),
      this,
    )
    this.#rbac = options.authorization === 'RBAC' ? new RbacAuthorizer(this) : undefined
    this.#authorizer =
      this.#rbac === undefined ? ALLOW_ALL : firstToAllow(new NodeAuthorizer(this), this.#rbac)
    this.tokens = new ServiceAccountTokens(options.signer ?? simulatedSigner('kubarium'), (bound) =>
      this.#isBound(bound),
    )
    this.#store = options.store
    this.#eventTtlSeconds = options.eventTtlSeconds
    this.discovery = new Discovery(options.scheme)
    this.#customResources = new CustomResources(this)
    this.#store.watch(
      { key: EVERYTHING, rangeEnd: prefixEnd(EVERYTHING), prevKv: true },
      {
        events: ({ revision, events }) => {
          for (const { kv, prevKv } of events) {
            const object = 'value' in kv ? (kv as { value: KubeObject }).value : undefined
            this.#committed(kv.key, revision, object, prevKv?.value)
          }
        },
        closed: () => invariant(false, 'the API server hears every commit'),
      },
    )
    this.#customResources.restore()
    options.mirror?.follow({
      enter: (body) => this.loop.enter(body),
      skipped: () => this.#expireWatches(),
    })
  }

  /** Creates the system namespaces, priority classes and the `kubernetes` Service where they are absent. */
  bootstrap(): Maybe<undefined> {
    return bootstrap(this, this.#rbac === undefined ? [] : RBAC_DEFAULTS)
  }

  // -- requests -------------------------------------------------------------------------------------------

  handle(request: ApiRequest): Maybe<ApiResponse> {
    try {
      const ready = this.storage.ready(request)
      const result =
        ready === undefined ? this.#route(request, true) : ready.then(() => this.#route(request, true))
      return result instanceof Promise ? result.catch((error) => this.#refuse(request, error)) : result
    } catch (error) {
      return this.#refuse(request, error)
    }
  }

  serve(request: ApiRequest): Maybe<ApiResponse> {
    return this.#route(request, false)
  }

  watch(request: ApiRequest, sink: WatchSink): WatchHandle {
    try {
      this.authorize(request)
      const call = this.#call(request)
      checkScope(call)
      if (call.kind.verbs !== undefined && !call.kind.verbs.includes('watch')) throw methodNotServed()
      if (call.options.allowWatchBookmarks) this.#startBookmarks()
      const handle = startWatch(call, sink)
      const { timeoutSeconds } = call.options
      if (timeoutSeconds === undefined || timeoutSeconds <= 0) return handle
      const timer = this.loop.after(
        timeoutSeconds * 1000,
        () => {
          handle.stop()
          sink.end()
        },
        { background: true, label: 'watch timeout' },
      )
      return {
        stop: () => {
          timer.cancel()
          handle.stop()
        },
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      sink.end(error.status)
      return { stop: () => undefined }
    }
  }

  #route(request: ApiRequest, authorize: boolean): Maybe<ApiResponse> {
    const aggregated =
      this.#aggregated.size > 0 ? this.#aggregated.get(`${request.group}/${request.version}`) : undefined
    if (aggregated !== undefined) {
      if (authorize) this.authorize(request)
      return { ok: true, code: 200, body: aggregated.answer(request) }
    }
    if (authorize) this.authorize(request)
    const call = this.#call(request)
    checkScope(call)
    const { subresource, verb } = request
    if (subresource !== undefined) {
      const handler = call.resource.subresources.get(subresource)
      if (handler === undefined) throw notServed()
      return handler(call)
    }
    const { review } = call.resource
    if (review !== undefined) return review(call)
    if (call.kind.verbs !== undefined && !call.kind.verbs.includes(verb)) throw methodNotServed()
    const { computed } = call.resource
    if (computed !== undefined) return serveComputed(call, computed)
    switch (verb) {
      case 'get':
        return get(call)
      case 'list':
        return list(call)
      case 'create':
        return create(call)
      case 'update':
        return update(call, MAIN)
      case 'patch':
        return patch(call, MAIN)
      case 'delete':
        return remove(call)
      case 'deletecollection':
        return removeCollection(call)
      default:
        throw methodNotServed()
    }
  }

  #call(request: ApiRequest): Call {
    const kind = this.scheme.byResource(request.group, request.resource, request.version)
    if (kind === undefined || !isServed(kind)) throw notServed()
    const resource = this.resourceOf(request.group, request.resource)
    return {
      server: this,
      request,
      options: request.options ?? {},
      resource,
      kind,
      cause: this.loop.context.cause,
      warnings: [],
    }
  }

  /** Throws Forbidden when the user may not do what the request asks. */
  authorize(request: ApiRequest): void {
    const verdict = this.#authorizer.authorize(
      request.user,
      this.#rbac === undefined ? request : asked(request),
    )
    if (verdict.allowed) return
    const { name = '', group, subresource, resource, namespace, verb, user } = request
    const what = subresource === undefined ? resource : `${resource}/${subresource}`
    const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope'
    const why = verdict.reason === '' ? '' : `: ${verdict.reason}`
    throw forbidden(
      { group, resource },
      name,
      `User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${where}${why}`,
    )
  }

  /**
   * Whether somebody may connect to a pod (exec, attach, port-forward, proxy): authorization, then admission, which sees
   * the options of the connection. Throws or rejects with ApiError.
   */
  connect(request: ApiRequest, options: KubeObject & { readonly kind: string }): Maybe<void> {
    this.authorize(request)
    const call = this.#call(request)
    const posted = { group: '', version: 'v1', kind: options.kind }
    const attributes = { ...attributesOf(call, 'CONNECT', request.name ?? '', undefined), posted }
    const { admission } = this
    return after(admission.admit(options, attributes), (it) => admission.validate(it, attributes))
  }

  allows(user: UserInfo, what: AccessAttributes): { readonly allowed: boolean; readonly reason: string } {
    return this.#authorizer.authorize(user, what)
  }

  rulesOf(user: UserInfo, namespace: string): readonly PolicyRule[] {
    if (this.#rbac === undefined || user.groups.includes('system:masters')) {
      return [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ]
    }
    return this.#rbac
      .grantsOf(user)
      .filter((it) => it.namespace === undefined || it.namespace === namespace)
      .map((it) => it.rule)
  }

  /** A token ends with its account and with the pod it was made for. */
  #isBound({ namespace, serviceaccount, pod }: BoundClaims): boolean {
    const account = this.find('', 'serviceaccounts', namespace, serviceaccount.name)
    if (account?.metadata?.uid !== serviceaccount.uid) return false
    return pod === undefined || this.find('', 'pods', namespace, pod.name)?.metadata?.uid === pod.uid
  }

  #refuse(request: ApiRequest, error: unknown): ApiResponse {
    if (!(error instanceof ApiError)) throw error
    if (this.journal.enabled && request.verb !== 'get' && request.verb !== 'list') {
      const kind = this.scheme.byResource(request.group, request.resource, request.version)
      // A create has its name in the body.
      const name = request.name ?? error.status.details?.name ?? ''
      const ref = objectRef(kind?.kind ?? request.resource, { namespace: request.namespace, name })
      this.journal.record(
        'request',
        actorOf(request),
        ref,
        `${verbText(request)}: ${error.code} ${error.message}`,
        refusedDetail(error),
      )
    }
    return { ok: false, code: error.code, status: error.status }
  }

  // -- what the stages of a request use -------------------------------------------------------------------

  get strategy(): StrategyContext {
    const { now } = this.loop
    if (this.#strategy.nowMs !== now) this.#strategy = { now: formatTime(now), nowMs: now }
    return this.#strategy
  }

  resourceOf(group: string, resource: string): Resource {
    let groups = this.#resources.get(resource)
    if (groups === undefined) this.#resources.set(resource, (groups = new Map()))
    let found = groups.get(group)
    if (found === undefined) {
      const kind = this.#storageKind(group, resource)
      if (kind === undefined) throw notServed()
      const storage = kind.stored?.kind()
      found =
        storage === undefined ? this.#addResource(kind) : this.resourceOf(storage.group, storage.resource)
      groups.set(group, found)
    }
    return found
  }

  find(group: string, resource: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.storage.get(this.resourceOf(group, resource).keyOf(namespace, name))
  }

  ttlOf({ ttlSeconds }: KindDefinition): number | undefined {
    return ttlSeconds === undefined ? undefined : (this.#eventTtlSeconds ?? ttlSeconds)
  }

  cached(group: string, resource: string, namespace = ''): readonly KubeObject[] {
    const { lists } = this.resourceOf(group, resource)
    let list = lists.get(namespace)
    if (list === undefined) {
      list = this.each(group, resource, namespace)
      lists.set(namespace, list)
    }
    return list
  }

  each(group: string, resource: string, namespace?: string): readonly KubeObject[] {
    const objects: KubeObject[] = []
    const { storage } = this
    storage.each(
      this.resourceOf(group, resource).rangeOf(namespace),
      {},
      (_, object) => objects.push(object) > 0,
    )
    return objects
  }

  /** Serves one subresource of a resource; the composition root does so for those that end at a node. */
  registerSubresource(
    group: string,
    resource: string,
    subresource: string,
    handler: SubresourceHandler,
  ): void {
    this.resourceOf(group, resource).subresources.set(subresource, handler)
  }

  /** Serves a kind whose objects are not stored but come from `source`, and adds it to the scheme. */
  registerComputed(kind: KindDefinition, source: ComputedSource): void {
    // A fork shares the scheme.
    if (this.scheme.byResource(kind.group, kind.resource, kind.version) !== kind) this.scheme.register(kind)
    this.resourceOf(kind.group, kind.resource).computed = source
  }

  /** Serves all of a group and version that is none of the scheme's. */
  registerAggregated(served: AggregatedServer): void {
    this.#aggregated.set(`${served.group}/${served.version}`, served)
    this.discovery.aggregate(served)
  }

  /** Journal entry of the commit that made a revision; 0 when it is not kept. */
  revisionCause(revision: number): number {
    const entries = this.journal.entries()
    let low = 0
    let high = entries.length
    // Revisions grow along the journal: halve it by the nearest commit.
    while (low < high) {
      const middle = (low + high) >>> 1
      let at = middle
      while (at < high && revisionOfEntry(entries[at]!) === undefined) at++
      if (at === high) high = middle
      else if (revisionOfEntry(entries[at]!)! < revision) low = at + 1
      else if (revisionOfEntry(entries[at]!)! > revision) high = middle
      else return entries[at]!.id
    }
    return 0
  }

  /** The preferred version, unless a definition says in which one its objects are stored. */
  #storageKind(group: string, resource: string): KindDefinition | undefined {
    const version = this.#customResources.storageVersion(group, resource)
    return this.scheme.byResource(group, resource, version) ?? this.scheme.byResource(group, resource)
  }

  refreshResource(group: string, resource: string): void {
    const known = this.#resources.get(resource)?.get(group)
    const kind = this.#storageKind(group, resource)
    if (known === undefined || kind === undefined) return
    known.kind = kind
    known.subresources.clear()
    this.#addSubresources(known)
  }

  #addResource(kind: KindDefinition): Resource {
    const resource = new Resource(kind, this.storage.revision)
    this.#addSubresources(resource)
    const name = groupResource(kind)
    resource.review = reviewHandler(name)
    resource.hooks = name === CUSTOM_RESOURCE_DEFINITIONS ? this.#customResources : HOOKS[name]?.(this)
    return resource
  }

  #addSubresources(resource: Resource): void {
    const { kind } = resource
    const name = groupResource(kind)
    if (kind.status) resource.subresources.set('status', writable(STATUS))
    if (kind.scale !== undefined) resource.subresources.set('scale', scaleOf)
    for (const subresource of kind.subresources ?? []) {
      const handler = SUBRESOURCES[`${name}/${subresource}`]
      if (handler !== undefined) resource.subresources.set(subresource, handler)
    }
  }

  // -- commits --------------------------------------------------------------------------------------------

  /** Journals a commit and tells whoever watches; what they do about it is caused by it. */
  #committed(
    key: string,
    revision: number,
    object: KubeObject | undefined,
    previous: KubeObject | undefined,
  ): void {
    const call = this.storage.takeOrigin(revision)
    const resource = call?.resource ?? this.#resourceOfKey(key)
    if (resource === undefined) return
    const { loop } = this
    const outer = loop.context
    const heartbeat = resource.kind.heartbeat === true
    const cause = heartbeat ? outer.cause : this.#record(resource, revision, object, previous, call)
    loop.context = { cause, background: heartbeat, task: outer.task }
    try {
      if (resource.lists.size > 0) resource.lists.clear()
      resource.indexes.update(key, object, previous)
      resource.hooks?.committed?.(object, previous)
      resource.hub.dispatch({ revision, object, previous, cause })
    } finally {
      loop.context = outer
    }
  }

  /** The request, and the commit that it caused: returns the latter's id. */
  #record(
    { kind }: Resource,
    revision: number,
    object: KubeObject | undefined,
    previous: KubeObject | undefined,
    call: Call | undefined,
  ): number {
    const { journal, loop } = this
    if (!journal.enabled) return loop.context.cause
    const ref = objectRef(kind.kind, (object ?? previous)!.metadata!)
    const outer = loop.context
    let actor = 'etcd'
    if (call !== undefined) {
      actor = actorOf(call.request)
      // What runs right now may be the arrival of an etcd's answer.
      loop.context = { cause: call.cause, background: outer.background, task: outer.task }
      const detail = call.mutatedBy && Object.freeze({ mutatedBy: Object.freeze(call.mutatedBy) })
      const cause = journal.record('request', actor, ref, verbText(call.request), detail)
      loop.context = { cause, background: outer.background, task: outer.task }
    }
    const detail = Object.freeze({ revision, verb: call?.request.verb ?? 'expire' })
    const entry = journal.record('commit', 'kube-apiserver', ref, changeText(object, previous), detail)
    loop.context = outer
    return entry
  }

  /** For commits that no request of ours made: expired leases, other API servers on the same etcd. */
  #resourceOfKey(key: string): Resource | undefined {
    for (const kind of this.scheme.all()) {
      if (key.startsWith(prefixOf(kind))) return this.resourceOf(kind.group, kind.resource)
    }
    return undefined
  }

  /** Revisions were skipped: whoever watches has to list again. */
  #expireWatches(): void {
    const { revision } = this.storage
    for (const groups of this.#resources.values()) for (const { hub } of groups.values()) hub.expire(revision)
  }

  #startBookmarks(): void {
    this.#bookmarks ??= this.loop.every(
      BOOKMARK_PERIOD_MS,
      () => {
        const { revision } = this.storage
        for (const groups of this.#resources.values())
          for (const { hub, kind } of groups.values())
            if (hub.isBookmarked) hub.bookmark(bookmark({ kind }, revision))
      },
      { label: 'watch bookmarks' },
    )
  }
}

function revisionOfEntry({ type, detail }: JournalEntry): number | undefined {
  return type === 'commit' ? (detail as { readonly revision?: number } | undefined)?.revision : undefined
}

/** What a list or watch of one object by its name asks for is that object. */
function asked(request: ApiRequest): AccessAttributes {
  const fieldSelector = request.options?.fieldSelector
  if (!fieldSelector || request.name !== undefined) return request
  const name = requiredFieldValue(fieldTerms(fieldSelector), 'metadata.name')
  return { ...request, name, fieldSelector }
}

/** Which admission plug-in refused, if one did. */
function refusedDetail(error: ApiError): { readonly refusedBy: string } | undefined {
  const plugin = refuserOf(error)
  return plugin === undefined ? undefined : Object.freeze({ refusedBy: plugin })
}

function verbText({ verb, subresource }: ApiRequest): string {
  return subresource === undefined ? verb : `${verb} ${subresource}`
}

/** What is in namespaces has no name outside of them, and across them it is only read. */
function checkScope({ kind, request }: Call): void {
  const { namespace, name, verb } = request
  if (kind.namespaced === Boolean(namespace)) return
  if (namespace || name !== undefined) throw notServed()
  if (verb !== 'list' && verb !== 'watch') throw methodNotServed()
}
