/** Fills Secrets that ask for the token of a ServiceAccount, and deletes them with it (serviceaccount/tokens_controller.go). */
import { Secret } from '../../api/core/secret.ts'
import { ServiceAccount } from '../../api/core/service-account.ts'
import { isNotFound } from '../../api/errors.ts'
import { objectKey } from '../../api/kind.ts'
import { defineController, watch } from '../runtime/controller.ts'

const TYPE = 'kubernetes.io/service-account-token'
const ACCOUNT_NAME = 'kubernetes.io/service-account.name'
const ACCOUNT_UID = 'kubernetes.io/service-account.uid'
const BY_ACCOUNT = 'serviceAccount'
/** Such tokens do not expire; the API server is asked for the longest that it gives. */
const EXPIRATION_SECONDS = 2 ** 32

export const serviceAccountTokenController = defineController<Secret>({
  name: 'serviceaccount-token-controller',
  component: 'serviceaccount-token-controller',
  for: Secret,
  forInformer: { indexes: { [BY_ACCOUNT]: accountKeys } },
  predicate: { create: isToken, update: isToken, delete: () => false },
  watches: [
    watch({
      kind: ServiceAccount,
      predicate: { update: () => false },
      map: (account, lookup) =>
        [...lookup.lister(Secret).byIndex(BY_ACCOUNT, objectKey(account.metadata))].map((it) =>
          objectKey(it.metadata),
        ),
    }),
  ],

  async reconcile({ namespace, object: secret, client }) {
    if (secret === undefined || !isToken(secret)) return
    const name = secret.metadata.annotations?.[ACCOUNT_NAME]
    if (name === undefined) return
    const account = await client.find(ServiceAccount, { namespace, name })
    const uid = secret.metadata.annotations?.[ACCOUNT_UID]
    if (account === undefined || (uid !== undefined && uid !== account.metadata.uid)) {
      try {
        await client.delete(
          Secret,
          { namespace, name: secret.metadata.name },
          { preconditions: { uid: secret.metadata.uid } },
        )
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
      return
    }
    if (secret.data?.['token'] !== undefined && uid === account.metadata.uid) return
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: [], expirationSeconds: EXPIRATION_SECONDS },
    }
    const request = await client.subresource<{ readonly status?: { readonly token?: string } }>(
      'create',
      ServiceAccount,
      { namespace, name },
      'token',
      body,
    )
    const data = { token: btoa(request.status?.token ?? ''), namespace: btoa(namespace), 'ca.crt': '' }
    const annotations = { ...secret.metadata.annotations, [ACCOUNT_UID]: account.metadata.uid }
    await client.replace(Secret, {
      ...secret,
      metadata: { ...secret.metadata, annotations },
      data: { ...data, ...secret.data },
    })
  },
})

function isToken(secret: Secret): boolean {
  return secret.type === TYPE
}

function accountKeys(secret: Secret): readonly string[] {
  const name = secret.metadata?.annotations?.[ACCOUNT_NAME]
  return isToken(secret) && name !== undefined
    ? [objectKey({ namespace: secret.metadata?.namespace, name })]
    : []
}
