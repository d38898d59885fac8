/** POST serviceaccounts/x/token: a fresh token for a service account (upstream: registry/core/serviceaccount/storage/token.go). */
import { TokenRequest } from '../../api/authentication/token-request.ts'
import type { Pod } from '../../api/core/pod.ts'
import { decode } from '../../api/decode.ts'
import { conflict, invalid, methodNotServed, notFound } from '../../api/errors.ts'
import { FieldErrors } from '../../api/field-errors.ts'
import type { KubeObject } from '../../api/kind.ts'
import type { ApiResponse, Maybe } from '../../api/request.ts'
import { formatTime } from '../../api/time.ts'
import { uuid } from '../../kernel/ids.ts'
import { admitPosted } from '../admission/plugin.ts'
import { answer, type Call } from '../call.ts'
import { after } from '../maybe.ts'

const DEFAULT_SECONDS = 3600
const MIN_SECONDS = 600
/** Upstream asks for an hour and seven seconds, so that refreshing is spread; real tokens then live a year. */
const MAX_SECONDS = 2 ** 32

export function createToken(call: Call): Maybe<ApiResponse> {
  const { server, resource, request, kind } = call
  if (request.verb !== 'create') throw methodNotServed()
  const { namespace = '', name = '' } = request
  const account = server.storage.get(resource.keyOf(namespace, name))
  if (account === undefined) throw notFound(kind, name)
  const { object: posted } = decode(TokenRequest, request.body)
  return after(admitPosted(call, TokenRequest, posted), (object) => issue(call, account, object))
}

function issue(call: Call, account: KubeObject, object: TokenRequest): ApiResponse {
  const { server, request } = call
  const { namespace = '', name = '' } = request
  const seconds = object.spec?.expirationSeconds ?? DEFAULT_SECONDS
  const errors = new FieldErrors()
  errors.at('spec', () => {
    if (seconds < MIN_SECONDS)
      errors.invalid('expirationSeconds', seconds, 'may not specify a duration less than 10 minutes')
    if (seconds > MAX_SECONDS)
      errors.invalid('expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds')
  })
  if (!errors.empty) throw invalid(TokenRequest, name, errors.list)
  const pod = boundPod(call, object.spec?.boundObjectRef)
  const token = server.tokens.issue(
    {
      namespace,
      serviceAccount: { name, uid: account.metadata!.uid! },
      audiences: object.spec?.audiences,
      expirationSeconds: seconds,
      ...(pod === undefined ? {} : { pod: { name: pod.metadata!.name!, uid: pod.metadata!.uid! } }),
    },
    server.loop.now,
    uuid(server.random),
  )
  const expirationTimestamp = formatTime(server.loop.now + seconds * 1000)
  const audiences = object.spec?.audiences?.length ? object.spec.audiences : [server.tokens.issuer]
  const spec = { ...object.spec, audiences, expirationSeconds: seconds }
  return answer(call, 201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: server.strategy.now },
    spec,
    status: { token, expirationTimestamp },
  })
}

function boundPod(
  call: Call,
  ref: { readonly kind?: string; readonly name?: string; readonly uid?: string } | undefined,
): Pod | undefined {
  if (ref?.kind !== 'Pod' || !ref.name) return undefined
  const pod = call.server.find('', 'pods', call.request.namespace, ref.name) as Pod | undefined
  if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, ref.name)
  if (ref.uid && ref.uid !== pod.metadata!.uid) {
    throw conflict(
      { group: '', resource: 'pods' },
      ref.name,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  }
  return pod
}
