/** The API server as a container reaches it: over its Service, with its account's token, and through an ambassador. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { createCluster } from '../../src/cluster/create-cluster.ts'

let cluster: Cluster
const sh = async (script: string) =>
  (await cluster.exec({ namespace: 'default', pod: 'asker', container: 'main' }, ['sh', '-c', script])).stdout

beforeAll(async () => {
  cluster = await createCluster({ authorization: 'RBAC' })
  await cluster.apply(`
apiVersion: v1
kind: Pod
metadata: { name: asker }
spec:
  containers:
    - { name: main, image: curlimages/curl, command: [sleep, infinity] }
    - { name: ambassador, image: 'bitnami/kubectl:1.33', args: [proxy] }
`)
  await cluster.settle()
})
afterAll(() => cluster.dispose())

const ACCOUNT = 'A=/var/run/secrets/kubernetes.io/serviceaccount; '
const CURL = 'curl -s --cacert $A/ca.crt -H "Authorization: Bearer $(cat $A/token)"'

test('without the certificate authority there is no trust, without a token no name', async () => {
  expect(await sh('curl https://kubernetes 2>&1; echo $?')).toContain('curl: (60) SSL certificate problem')
  const nobody = JSON.parse(await sh('curl -sk https://kubernetes'))
  expect(nobody).toMatchObject({
    code: 403,
    message: 'forbidden: User "system:anonymous" cannot get path "/"',
  })
  const wrong = JSON.parse(await sh('curl -sk -H "Authorization: Bearer nonsense" https://kubernetes/api'))
  expect(wrong).toMatchObject({ code: 401, reason: 'Unauthorized' })
})

test('the token of the account names it, and roles decide', async () => {
  const url = 'https://kubernetes/api/v1/namespaces/$(cat $A/namespace)/pods'
  const refused = JSON.parse(await sh(`${ACCOUNT}${CURL} ${url}`))
  expect(refused).toMatchObject({
    code: 403,
    message:
      'pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" in the namespace "default"',
  })
  await cluster.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: view }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
subjects: [{ kind: ServiceAccount, name: default, namespace: default }]
`)
  await cluster.settle()
  const pods = JSON.parse(await sh(`${ACCOUNT}${CURL} ${url}`))
  expect(pods.items.map((it: { metadata: { name: string } }) => it.metadata.name)).toEqual(['asker'])
})

test('pages that are no resources: discovery, version and health', async () => {
  const page = async (path: string) => JSON.parse(await sh(`curl -s localhost:8001${path}`))
  expect(await page('/version')).toMatchObject({ major: '1', minor: '33' })
  expect((await page('/api')).versions).toEqual(['v1'])
  expect((await page('/apis')).groups.map((it: { name: string }) => it.name)).toContain('apps')
  expect((await page('/apis/apps')).preferredVersion.version).toBe('v1')
  expect((await page('/apis/apps/v1')).resources.map((it: { name: string }) => it.name)).toContain(
    'deployments',
  )
  expect(await sh('curl -s localhost:8001/healthz')).toBe('ok')
  expect((await page('/')).code).toBe(403)
  expect((await page('/nosuch')).code).toBe(403)
})
