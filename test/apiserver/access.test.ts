/** Who may do what: roles, reviews, tokens, escalation. */
import { expect, test } from 'vitest'
import { TokenReview } from '../../src/api/authentication/token-review.ts'
import { SelfSubjectAccessReview } from '../../src/api/authorization/self-subject-access-review.ts'
import { SubjectAccessReview } from '../../src/api/authorization/subject-access-review.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { ServiceAccount } from '../../src/api/core/service-account.ts'
import { Role } from '../../src/api/rbac/role.ts'
import { RoleBinding } from '../../src/api/rbac/role-binding.ts'
import type { UserInfo } from '../../src/api/request.ts'
import { type Harness, harness, refusal } from './harness.ts'

const JANE: UserInfo = { name: 'jane', groups: ['system:authenticated'] }

function cluster(): Harness {
  const h = harness({ admission: undefined, authorization: 'RBAC' })
  h.api.bootstrap()
  return h
}

function bind(h: Harness, role: string, user = JANE.name, kind: 'ClusterRole' | 'Role' = 'ClusterRole') {
  return h.create(RoleBinding, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: `${user}-${role}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
  })
}

test('nobody may do what no role gives', () => {
  const h = cluster()
  const at = { namespace: 'default', name: 'a', user: JANE }
  expect(refusal(() => h.call('get', Pod, at)).message).toBe(
    'pods "a" is forbidden: User "jane" cannot get resource "pods" in API group "" in the namespace "default"',
  )
  expect(refusal(() => h.call('list', Pod, { user: JANE })).message).toBe(
    'pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope',
  )
  expect(refusal(() => h.call('get', Pod, { ...at, subresource: 'log' })).message).toContain(
    'resource "pods/log"',
  )
})

test('a binding gives a role in its namespace, and its removal takes it away', () => {
  const h = cluster()
  const list = (namespace: string) => h.request('list', Pod, { namespace, user: JANE }).code
  const binding = bind(h, 'view')
  expect([list('default'), list('kube-system')]).toEqual([200, 403])
  h.call('delete', RoleBinding, { namespace: 'default', name: binding.metadata.name })
  expect(list('default')).toBe(403)
})

test('a watch needs its verb', () => {
  const h = cluster()
  const { group, version, resource } = Pod
  let refused: string | undefined
  h.api.watch(
    { verb: 'watch', group, version, resource, user: JANE },
    {
      events: () => undefined,
      end: (status) => {
        refused = status?.message
      },
    },
  )
  expect(refused).toContain('cannot watch resource "pods"')
})

test('reviews say the same', () => {
  const h = cluster()
  bind(h, 'view')
  const ask = (verb: string) => ({ resourceAttributes: { namespace: 'default', verb, resource: 'pods' } })
  const self = h.call('create', SelfSubjectAccessReview, { user: JANE, body: { spec: ask('list') } })
  expect(self).toMatchObject({ status: { allowed: true } })
  const other = h.call('create', SubjectAccessReview, { body: { spec: { ...ask('delete'), user: 'jane' } } })
  expect(other).toMatchObject({ status: { allowed: false } })
})

test('nobody grants what they do not hold', () => {
  const h = cluster()
  bind(h, 'admin')
  const role = (verbs: string[]) => ({
    metadata: { name: 'r' },
    rules: [{ verbs, apiGroups: [''], resources: ['nodes'] }],
  })
  const at = { namespace: 'default', user: JANE }
  expect(refusal(() => h.call('create', Role, { ...at, body: role(['get']) })).message).toBe(
    'roles.rbac.authorization.k8s.io "r" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get"]}',
  )
  const own = { ...role(['get']), rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] }
  expect(h.request('create', Role, { ...at, body: own }).code).toBe(201)
})

test('a token speaks for its account, until it is too old or the account is gone', async () => {
  const h = cluster()
  const account = h.create(ServiceAccount, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot' },
  })
  const made = h.call<{ status: { token: string; expirationTimestamp: string } }>('create', ServiceAccount, {
    namespace: 'default',
    name: 'robot',
    subresource: 'token',
    body: { spec: { expirationSeconds: 600 } },
  })
  const { token } = made.status
  expect(made.status.expirationTimestamp).toBe('2025-01-01T00:10:00Z')
  expect(h.api.tokens.verify(token, h.loop.now)).toMatchObject({
    name: 'system:serviceaccount:default:robot',
    uid: account.metadata.uid,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
  })
  const review = (it: string) => h.call('create', TokenReview, { body: { spec: { token: it } } })
  expect(review(token)).toMatchObject({ status: { authenticated: true } })
  expect(review(`${token}x`)).toMatchObject({ status: { error: 'invalid bearer token' } })
  expect(h.api.tokens.verify(token, h.loop.now + 601_000)).toBeUndefined()
  h.call('delete', ServiceAccount, { namespace: 'default', name: 'robot' })
  expect(h.api.tokens.verify(token, h.loop.now)).toBeUndefined()
})

test('a token lives ten minutes at least', () => {
  const h = cluster()
  h.create(ServiceAccount, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } })
  const at = {
    namespace: 'default',
    name: 'robot',
    subresource: 'token',
    body: { spec: { expirationSeconds: 60 } },
  }
  expect(refusal(() => h.call('create', ServiceAccount, at)).message).toContain(
    'may not specify a duration less than 10 minutes',
  )
})
