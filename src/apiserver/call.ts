/** One API request on its way through the server, and what every stage of it may use. */
import type { AccessAttributes } from '../api/authorization/access.ts'
import { FieldWarnings } from '../api/field-errors.ts'
import type { KindDefinition, KubeObject, StrategyContext } from '../api/kind.ts'
import type { PolicyRule } from '../api/rbac/rules.ts'
import type { ApiRequest, ApiResponse, Maybe, RequestOptions, UserInfo } from '../api/request.ts'
import type { Scheme } from '../api/scheme.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import type { Journal } from '../kernel/journal.ts'
import type { Random } from '../kernel/random.ts'
import type { Admission } from './admission/plugin.ts'
import type { WebhookCaller } from './admission/webhook-calls.ts'
import type { Resource } from './resource.ts'
import type { Storage } from './storage.ts'
import type { ServiceAccountTokens } from './tokens.ts'

/** What the parts of the API server share; the server itself implements it. */
export interface ServerContext {
  readonly loop: EventLoop
  readonly journal: Journal
  readonly scheme: Scheme
  readonly random: Random
  readonly storage: Storage
  readonly admission: Admission
  /** Time, for strategies; the same object within one instant. */
  readonly strategy: StrategyContext
  /** The resource of a kind that the server serves; throws NotFound for any other. */
  resourceOf(group: string, resource: string): Resource
  /** Takes over a kind whose definition changed. */
  refreshResource(group: string, resource: string): void
  /** Seconds after which the store drops objects of the kind; undefined: never. */
  ttlOf(kind: KindDefinition): number | undefined
  /** The object as it is now, without authorization. */
  find(group: string, resource: string, namespace: string | undefined, name: string): KubeObject | undefined
  /** All objects now, in key order, without authorization. */
  each(group: string, resource: string, namespace?: string): readonly KubeObject[]
  /** The same, kept until the resource changes: for small resources that every request asks about. */
  cached(group: string, resource: string, namespace?: string): readonly KubeObject[]
  /** Serves a request made by the server itself, past authorization. */
  serve(request: ApiRequest): Maybe<ApiResponse>
  /** Serves a request made on behalf of the caller of another one: authorized, admitted, journalled. */
  handle(request: ApiRequest): Maybe<ApiResponse>
  /** Every rule that applies to a user in a namespace; all of them when nothing limits anybody. */
  rulesOf(user: UserInfo, namespace: string): readonly PolicyRule[]
  readonly tokens: ServiceAccountTokens
  /** The way to webhooks; undefined where there is none. */
  readonly webhookCaller: WebhookCaller | undefined
  /** Whether a user may do something; empty reason when there is none to give. */
  allows(user: UserInfo, what: AccessAttributes): { readonly allowed: boolean; readonly reason: string }
}

export interface Call {
  readonly server: ServerContext
  readonly request: ApiRequest
  readonly options: RequestOptions
  readonly resource: Resource
  /** The kind in the version that was asked for. */
  readonly kind: KindDefinition
  /** Journal entry that made the caller ask; 0: the outside world. */
  readonly cause: number
  /** Texts for `Warning` headers; stages push to it. */
  readonly warnings: string[]
  /** Admission plug-ins that changed the object, in order. */
  mutatedBy?: string[]
}

/** Adds what `find` warns of, once, should the request be tried again. */
export function warn(call: Call, find: (warnings: FieldWarnings) => void): void {
  const warnings = new FieldWarnings()
  find(warnings)
  for (const text of warnings.list) if (!call.warnings.includes(text)) call.warnings.push(text)
}

/** A successful answer. */
export function answer(call: Call, code: number, body: unknown): ApiResponse {
  return call.warnings.length > 0
    ? { ok: true, code, body, warnings: call.warnings }
    : { ok: true, code, body }
}

/** Journal's actor: the process, as told by its user agent, or else the user. */
export function actorOf(request: ApiRequest): string {
  return request.userAgent ?? request.user.name
}
