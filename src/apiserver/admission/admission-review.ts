/** What a webhook is sent, and what may come back (upstream: k8s.io/api/admission/v1, plugin/webhook/request). */
import type { KindDefinition, KubeObject } from '../../api/kind.ts'
import type { Status } from '../../api/meta/status.ts'
import { served } from '../versions.ts'
import { requestOf } from './expressions.ts'
import type { AdmissionAttributes } from './plugin.ts'

const API_VERSION = 'admission.k8s.io/v1'
const KIND = 'AdmissionReview'

/** The question: one request for admission. */
export interface AdmissionRequest {
  readonly uid: string
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string }
  readonly subResource?: string
  readonly name?: string
  readonly namespace?: string
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly userInfo: {
    readonly username: string
    readonly uid?: string
    readonly groups?: readonly string[]
    readonly extra?: Readonly<Record<string, readonly string[]>>
  }
  /** Null on DELETE. */
  readonly object: KubeObject | null
  /** Null on CREATE and CONNECT. */
  readonly oldObject: KubeObject | null
  readonly dryRun: boolean
  readonly options: object | null
}

export interface AdmissionResponse {
  /** That of the request; a function within the process may leave it out. */
  readonly uid?: string
  readonly allowed: boolean
  /** Why not: `message`, and `code` and `reason` of the answer to the client. */
  readonly status?: Partial<Status>
  /** JSON patch: base64 of its text over HTTP; a function within the process may return the operations themselves. */
  readonly patch?: string | readonly object[]
  readonly patchType?: string
  readonly warnings?: readonly string[]
  readonly auditAnnotations?: Readonly<Record<string, string>>
}

export interface AdmissionReview {
  readonly apiVersion: string
  readonly kind: string
  readonly request: AdmissionRequest
}

export function reviewOf(
  uid: string,
  object: KubeObject | undefined,
  kind: KindDefinition,
  attributes: AdmissionAttributes,
): AdmissionReview {
  const seen = (it: KubeObject | undefined) =>
    it === undefined ? null : attributes.posted === undefined ? served(kind, it) : it
  const request = {
    uid,
    ...requestOf(kind, attributes),
    object: seen(object),
    oldObject: seen(attributes.old),
  }
  return { apiVersion: API_VERSION, kind: KIND, request }
}

/** The response in what a webhook sent, or why it is none. */
export function responseOf(body: unknown, uid: string): AdmissionResponse | string {
  const review = body as {
    readonly apiVersion?: string
    readonly kind?: string
    readonly response?: AdmissionResponse
  } | null
  if (typeof review !== 'object' || review === null) return 'Webhook response was absent'
  const { apiVersion, kind, response } = review
  if (apiVersion !== API_VERSION || kind !== KIND) {
    return `expected webhook response of ${API_VERSION}, Kind=${KIND}, got ${apiVersion ?? ''}, Kind=${kind ?? ''}`
  }
  if (typeof response !== 'object' || response === null) return 'Webhook response was absent'
  if (response.uid !== uid) {
    return `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`
  }
  const { patch, patchType } = response
  if (patch === undefined && patchType !== undefined) {
    return 'webhook returned response.patchType but not response.patch'
  }
  if (patch !== undefined && patchType === undefined) {
    return 'webhook returned response.patch but not response.patchType'
  }
  if (patchType !== undefined && patchType !== 'JSONPatch') {
    return `invalid webhook response.patchType of ${JSON.stringify(patchType)}`
  }
  return response
}
