/**
 * `agnhost webhook`: the server of admission webhooks that Kubernetes tests itself with. What it thinks of an object is
 * in the path that a configuration names.
 */
import type { HttpRequest, HttpResponse } from '../../../api/sockets.ts'
import { bodyText } from '../commands/network.ts'

/** What is looked at of an AdmissionReview. */
interface Review {
  readonly apiVersion?: string
  readonly kind?: string
  readonly request?: { readonly uid?: string; readonly object?: Reviewed }
}

interface Reviewed {
  readonly metadata?: { readonly labels?: Labels }
  readonly data?: Labels
  readonly spec?: { readonly containers?: readonly { readonly name?: string }[] }
}

type Labels = Readonly<Record<string, string>>

interface Verdict {
  readonly allowed: boolean
  readonly message?: string
  readonly patch?: readonly object[]
}

const ALLOWED: Verdict = { allowed: true }
const KEY = 'webhook-e2e-test'
const UNWANTED = 'webhook-disallow'

const denied = (message: string): Verdict => ({ allowed: false, message })

const JUDGES: Readonly<Record<string, (object: Reviewed) => Verdict>> = {
  '/always-deny': () => denied('this webhook denies all requests'),
  '/always-allow-delay-5s': () => ({ allowed: true, message: 'this webhook allows all requests' }),
  '/add-label': ({ metadata }) => {
    if (metadata?.labels?.['added-label'] === 'yes') return ALLOWED
    const patch =
      metadata?.labels === undefined
        ? { op: 'add', path: '/metadata/labels', value: { 'added-label': 'yes' } }
        : { op: 'add', path: '/metadata/labels/added-label', value: 'yes' }
    return { allowed: true, patch: [patch] }
  },
  '/pods': ({ metadata, spec }) => {
    const reasons: string[] = []
    if (metadata?.labels?.[KEY] === UNWANTED) reasons.push('the pod contains unwanted label')
    if (spec?.containers?.some((it) => it.name?.includes(UNWANTED)))
      reasons.push('the pod contains unwanted container name')
    return reasons.length === 0 ? ALLOWED : denied(reasons.join('; '))
  },
  '/configmaps': ({ data }) =>
    data?.[KEY] === UNWANTED ? denied('the configmap contains unwanted key and value') : ALLOWED,
  '/mutating-configmaps': ({ data = {} }) => {
    const patch: object[] = []
    if (data['mutation-start'] === 'yes')
      patch.push({ op: 'add', path: '/data/mutation-stage-1', value: 'yes' })
    if (data['mutation-stage-1'] === 'yes')
      patch.push({ op: 'add', path: '/data/mutation-stage-2', value: 'yes' })
    return { allowed: true, patch }
  },
}

/** Ms that an answer takes. */
export function delayOf({ path }: HttpRequest): number {
  return pathOf(path) === '/always-allow-delay-5s' ? 5000 : 0
}

export function answerReview({ path, body = '' }: HttpRequest): HttpResponse {
  const judge = JUDGES[pathOf(path)]
  if (judge === undefined) return { status: 404, headers: {}, body: '404 page not found\n' }
  const review = JSON.parse(bodyText(body)) as Review
  const { allowed, message, patch } = judge(review.request?.object ?? {})
  const response = {
    uid: review.request?.uid,
    allowed,
    ...(message !== undefined && { status: { message } }),
    ...(patch !== undefined &&
      patch.length > 0 && { patchType: 'JSONPatch', patch: btoa(JSON.stringify(patch)) }),
  }
  const answer = { kind: review.kind, apiVersion: review.apiVersion, response }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) }
}

function pathOf(path: string): string {
  return path.split('?')[0] ?? ''
}
