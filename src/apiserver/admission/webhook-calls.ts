/**
 * Calling webhooks, whether they may change an object or only judge it: which of them a request concerns, the call
 * within its time, and what their failures lead to. Upstream: apiserver/pkg/admission/plugin/webhook.
 */
import type { MutatingWebhook } from '../../api/admissionregistration/mutating-webhook-configuration.ts'
import type { WebhookClientConfig } from '../../api/admissionregistration/webhook.ts'
import { ApiError, badRequest, forbidden, internalError } from '../../api/errors.ts'
import { groupResource, type KindDefinition, type KubeObject, objectRef } from '../../api/kind.ts'
import type { Status } from '../../api/meta/status.ts'
import type { Maybe } from '../../api/request.ts'
import { uuid } from '../../kernel/ids.ts'
import type { ServerContext } from '../call.ts'
import { after } from '../maybe.ts'
import { type AdmissionResponse, type AdmissionReview, responseOf, reviewOf } from './admission-review.ts'
import { meetsConditions, requestVariables, withEngines } from './expressions.ts'
import type { AdmissionAttributes, AdmissionTarget } from './plugin.ts'
import { couldMatch, isExempt, isSelected, matchedKind } from './rules.ts'

const GROUP = 'admissionregistration.k8s.io'

/** What came back: the body of a 200, or why there is none, in the words of Go's HTTP client. */
export type WebhookAnswer = { readonly body: unknown } | { readonly failure: string }

/** Carries reviews to webhooks; the composition root knows the ways there are. */
export interface WebhookCaller {
  /** @param timeoutMs  after so long the call has failed, as time passes where the webhook is */
  call(config: WebhookClientConfig, review: AdmissionReview, timeoutMs: number): Maybe<WebhookAnswer>
}

/** A validating webhook lacks only what says when to ask a mutating one again. */
export type Webhook = MutatingWebhook

interface Configured {
  readonly webhook: Webhook
  /** Unique among all: configuration, name, position. */
  readonly id: string
}

/** The webhooks of one of the two kinds of configuration, in the order in which they are called. */
export class Webhooks {
  readonly #resource: 'mutatingwebhookconfigurations' | 'validatingwebhookconfigurations'
  #from: readonly KubeObject[] | undefined
  #all: readonly Configured[] = []

  constructor(resource: 'mutatingwebhookconfigurations' | 'validatingwebhookconfigurations') {
    this.#resource = resource
  }

  concern(target: AdmissionTarget, server: ServerContext): boolean {
    if (isExempt(target.kind)) return false
    return this.#configured(server).some(({ webhook }) => couldMatch(webhook.rules, target, server))
  }

  all(server: ServerContext): readonly Configured[] {
    return this.#configured(server)
  }

  /** Sorted by the name of the configuration: objects come in the order of their keys. */
  #configured(server: ServerContext): readonly Configured[] {
    const configurations = server.cached(GROUP, this.#resource)
    if (configurations !== this.#from) {
      this.#from = configurations
      this.#all = configurations.flatMap((it) =>
        ((it as { readonly webhooks?: readonly Webhook[] }).webhooks ?? []).map((webhook, index) => ({
          webhook,
          id: `${it.metadata!.name}/${webhook.name}/${index}`,
        })),
      )
    }
    return this.#all
  }
}

/** Which version of the object the webhook is to see, or undefined when the request is none of its business. */
export function concerned(
  webhook: Webhook,
  object: KubeObject | undefined,
  attributes: AdmissionAttributes,
): Maybe<KindDefinition | undefined> {
  const kind = matchedKind(webhook.rules, webhook.matchPolicy, attributes)
  if (kind === undefined || !isSelected(webhook, object, attributes)) return undefined
  const { matchConditions = [] } = webhook
  if (matchConditions.length === 0) return kind
  return withEngines(attributes, () => {
    const met = meetsConditions(matchConditions, requestVariables(object, kind, attributes))
    if (typeof met === 'boolean') return met ? kind : undefined
    if (webhook.failurePolicy === 'Ignore') return undefined
    throw forbidden(attributes.kind, attributes.name, met)
  })
}

/**
 * Asks one webhook. Undefined when it could not be asked and that is to be ignored; throws when it refuses, and when it
 * could not be asked otherwise.
 */
export function ask(
  webhook: Webhook,
  object: KubeObject | undefined,
  kind: KindDefinition,
  attributes: AdmissionAttributes,
): Maybe<AdmissionResponse | undefined> {
  const { server, dryRun, warnings } = attributes
  const name = JSON.stringify(webhook.name)
  if (dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun') {
    throw badRequest(`admission webhook ${name} does not support dry run`)
  }
  const uid = uuid(server.random)
  const review = reviewOf(uid, object, kind, attributes)
  return after(send(webhook, review, server), (answer) => {
    const response =
      'failure' in answer ? `failed to call webhook: ${answer.failure}` : responseOf(answer.body, uid)
    if (typeof response === 'string') {
      const why = `failed calling webhook ${name}: ${response}`
      note(webhook, attributes, why)
      if (webhook.failurePolicy === 'Ignore') return undefined
      throw internalError(why)
    }
    for (const warning of response.warnings ?? []) warnings.push(warning)
    const changed = response.patch === undefined || response.patch.length === 0 ? '' : ', with a patch'
    note(webhook, attributes, response.allowed ? `allowed${changed}` : 'denied')
    if (!response.allowed) throw refusal(webhook.name, response.status)
    return response
  })
}

function note(
  webhook: Webhook,
  { server, operation, kind, subresource, namespace, name }: AdmissionAttributes,
  text: string,
) {
  if (!server.journal.enabled) return
  const what = subresource === '' ? groupResource(kind) : `${groupResource(kind)}/${subresource}`
  const ref = objectRef(kind.kind, { namespace, name })
  server.journal.record(
    'request',
    'kube-apiserver',
    ref,
    `webhook ${webhook.name}, ${operation} ${what}: ${text}`,
  )
}

function send(
  { clientConfig, timeoutSeconds = 10 }: Webhook,
  review: AdmissionReview,
  { webhookCaller }: ServerContext,
): Maybe<WebhookAnswer> {
  if (webhookCaller !== undefined) return webhookCaller.call(clientConfig, review, timeoutSeconds * 1000)
  return { failure: `Post "${urlOf(clientConfig, timeoutSeconds)}": there is no way to webhooks` }
}

/** `https://name.namespace.svc:443/path?timeout=10s`, as errors name a webhook. */
export function urlOf({ url, service }: WebhookClientConfig, timeoutSeconds: number): string {
  const base =
    service === undefined
      ? (url ?? '')
      : `https://${service.name}.${service.namespace}.svc:${service.port ?? 443}${service.path ?? '/'}`
  return `${base}${base.includes('?') ? '&' : '?'}timeout=${timeoutSeconds}s`
}

/** Upstream: webhook/errors/statuserror.go. */
function refusal(name: string, status: Partial<Status> = {}): ApiError {
  const denied = `admission webhook ${JSON.stringify(name)} denied the request`
  const why = status.message || status.reason
  const code = (status.code ?? 0) < 400 ? 400 : status.code!
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    ...status,
    status: 'Failure',
    message: why ? `${denied}: ${why}` : `${denied} without explanation`,
    code,
  } as Status)
}
