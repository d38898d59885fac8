/** What crosses the border with TLS: certificates that the cluster signs, and webhooks that listen on this machine. */
import 'reflect-metadata'

import { X509Certificate } from 'node:crypto'
import { createServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import * as x509 from '@peculiar/x509'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ValidatingWebhookConfiguration } from '../../src/api/admissionregistration/validating-webhook-configuration.ts'
import { CertificateSigningRequest } from '../../src/api/certificates/certificate-signing-request.ts'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Pod } from '../../src/api/core/pod.ts'
import type { ApiError } from '../../src/api/errors.ts'
import type { KubeObject } from '../../src/api/kind.ts'
import { buildCluster } from '../../src/cluster/create-cluster.ts'
import type { SimCluster } from '../../src/cluster/sim-cluster.ts'
import { ADMIN } from '../../src/cluster/users.ts'
import { CertificateAuthority } from '../../src/http/pki.ts'
import { type Served, serve, wallClock } from '../../src/http/serve.ts'
import { webhookClient } from '../../src/http/webhook-client.ts'

let cluster: SimCluster
let served: Served

beforeAll(async () => {
  cluster = buildCluster({ nodes: 0, scheduler: false, authorization: 'RBAC' })
  await cluster.settle()
  const { server, loop, webhooks, streamsOf } = cluster.foundation
  webhooks.outside = webhookClient(loop)
  served = await serve({ server, loop, streamsOf, port: 0, admin: ADMIN, speed: Number.POSITIVE_INFINITY })
  cluster.foundation.authority = served.authority!
})

afterAll(async () => {
  await served.close()
  await cluster.dispose()
})

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

async function keyAndRequest(name: string) {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [],
  })
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)!.join('\n')}\n-----END PRIVATE KEY-----\n`
  return { key, request: Buffer.from(`${request.toString('pem')}\n`).toString('base64') }
}

const csr = (name: string, request: string, more: object = {}) =>
  ({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: { request, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'], ...more },
  }) as unknown as CertificateSigningRequest

/** As `kubectl certificate approve` does it. */
async function decide(name: string, type: 'Approved' | 'Denied') {
  const { client } = cluster
  const found = await client.get(CertificateSigningRequest, { name })
  const condition = { type, status: 'True', reason: 'KubectlApprove', message: 'by hand' }
  const body = {
    ...found,
    status: { ...found.status, conditions: [...(found.status?.conditions ?? []), condition] },
  }
  return client.subresource<CertificateSigningRequest>(
    'update',
    CertificateSigningRequest,
    { name },
    'approval',
    body,
  )
}

function ask(path: string, tls: object): Promise<{ code: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      new URL(path, served.url),
      { ca: served.ca, agent: false, ...tls },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (it: string) => {
          text += it
        })
        response.on('end', () => resolve({ code: response.statusCode!, text }))
      },
    )
    request.on('error', reject).end()
  })
}

test('a certificate that was asked for, approved and signed lets its bearer in', async () => {
  const { key, request } = await keyAndRequest('CN=jane, O=dev')
  const made = await cluster.client.create(
    CertificateSigningRequest,
    csr('jane', request, { expirationSeconds: 3600, username: 'root' }),
  )
  expect(made.spec).toMatchObject({
    username: 'kubernetes-admin',
    groups: ['system:masters', 'system:authenticated'],
  })
  expect(made.status?.certificate).toBeUndefined()
  await decide('jane', 'Approved')
  let pem: string | undefined
  for (let i = 0; i < 200 && pem === undefined; i++) {
    pem = (await cluster.client.get(CertificateSigningRequest, { name: 'jane' })).status?.certificate
  }
  const cert = Buffer.from(pem!, 'base64').toString()
  const parsed = new X509Certificate(cert)
  expect(parsed.subject.split('\n').sort()).toEqual(['CN=jane', 'O=dev'])
  expect(parsed.verify(new X509Certificate(served.ca!).publicKey)).toBe(true)
  expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
  const life = Date.parse(parsed.validTo) - Date.parse(parsed.validFrom)
  expect(life).toBe(3_600_000)
  const whoami = await ask('/api/v1/nodes', { key, cert })
  expect(whoami.code).toBe(403)
  expect(whoami.text).toContain('User \\"jane\\" cannot list resource')
})

test('requests are decided once, and some are refused at once', async () => {
  const { request } = await keyAndRequest('CN=joe')
  await cluster.client.create(CertificateSigningRequest, csr('joe', request))
  await decide('joe', 'Denied')
  const refusal = async (work: Promise<unknown>) =>
    (await work.then(
      () => undefined,
      (it) => it,
    )) as ApiError
  expect((await refusal(decide('joe', 'Approved'))).message).toContain(
    'Approved and Denied conditions are mutually exclusive',
  )
  const masters = await keyAndRequest('CN=x, O=system:masters')
  expect(
    (await refusal(cluster.client.create(CertificateSigningRequest, csr('m', masters.request)))).message,
  ).toBe(
    'certificatesigningrequests.certificates.k8s.io "m" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
  )
  expect(
    (await refusal(cluster.client.create(CertificateSigningRequest, csr('n', btoa('nothing'))))).message,
  ).toContain('PEM block type must be CERTIFICATE REQUEST')
  const server = await keyAndRequest('CN=joe')
  await cluster.client.create(
    CertificateSigningRequest,
    csr('wrong', server.request, { usages: ['server auth'] }),
  )
  await decide('wrong', 'Approved')
  let failed: { reason?: string; message?: string } | undefined
  for (let i = 0; i < 200 && failed === undefined; i++) {
    const { status } = await cluster.client.get(CertificateSigningRequest, { name: 'wrong' })
    failed = status?.conditions?.find((it) => it.type === 'Failed')
  }
  expect(failed).toMatchObject({
    reason: 'SignerValidationFailure',
    message: 'invalid usage for client certificate: server auth',
  })
})

test('a webhook on this machine is asked over TLS, by the CA that its configuration names', async () => {
  const authority = await CertificateAuthority.create('hooks', wallClock())
  const tls = await authority.server(['localhost'], ['127.0.0.1'], wallClock())
  const hook = createServer(tls, (request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (it: string) => {
      text += it
    })
    request.on('end', () => {
      const { request: asked } = JSON.parse(text)
      const allowed = asked.object.data?.good === 'yes'
      const status = { message: `${request.url} says no`, code: 403 }
      response.end(
        JSON.stringify({
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: { uid: asked.uid, allowed, status },
        }),
      )
    })
  })
  await new Promise<void>((done) => hook.listen(0, '127.0.0.1', done))
  const { port } = hook.address() as AddressInfo
  const webhook = (caBundle: string) =>
    ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'hook' },
      webhooks: [
        {
          name: 'tls.example.com',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          clientConfig: { url: `https://127.0.0.1:${port}/check`, caBundle },
          rules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
          ],
        },
      ],
    }) as unknown as ValidatingWebhookConfiguration
  const create = (name: string, data: Record<string, string>) =>
    cluster.client.create(ConfigMap, { metadata: { name, namespace: 'default' }, data } as ConfigMap).then(
      () => 'created',
      (error: Error) => error.message,
    )
  await cluster.client.create(ValidatingWebhookConfiguration, webhook(btoa(authority.pem)))
  expect(await create('good', { good: 'yes' })).toBe('created')
  expect(await create('bad', {})).toBe(
    'admission webhook "tls.example.com" denied the request: /check?timeout=10s says no',
  )
  await cluster.client.delete(ValidatingWebhookConfiguration, { name: 'hook' })
  await cluster.client.create(ValidatingWebhookConfiguration, webhook(btoa(served.ca!)))
  expect(await create('other', { good: 'yes' })).toContain(
    `failed calling webhook "tls.example.com": failed to call webhook: Post "https://127.0.0.1:${port}/check?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  )
  await cluster.client.delete(ValidatingWebhookConfiguration, { name: 'hook' })
  hook.close()
})

test('a policy may keep people out of pods', async () => {
  const { client } = cluster
  const kinds = { apiVersion: 'admissionregistration.k8s.io/v1' }
  await cluster.apply([
    {
      ...kinds,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'no-exec' },
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['pods/exec'] },
          ],
        },
        validations: [{ expression: "!('sh' in object.command)", message: 'no shells' }],
      },
    },
    {
      ...kinds,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'no-exec' },
      spec: { policyName: 'no-exec', validationActions: ['Deny'] },
    },
  ] as unknown as KubeObject[])
  await client.create(Pod, {
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'busybox' }] },
  } as unknown as Pod)
  const { cert, key } = adminCertificate()
  const exec = (command: string) =>
    new Promise<string>((resolve, reject) => {
      const url = new URL(`/api/v1/namespaces/default/pods/p/exec?command=${command}&stdout=1`, served.url)
      const headers = {
        Connection: 'Upgrade',
        Upgrade: 'SPDY/3.1',
        'X-Stream-Protocol-Version': 'v4.channel.k8s.io',
      }
      const request = httpsRequest(
        url,
        { method: 'POST', headers, ca: served.ca, cert, key, agent: false },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (it: string) => {
            text += it
          })
          response.on('end', () => resolve(text))
        },
      )
      request.on('error', reject).end()
    })
  expect(await exec('sh')).toContain(
    "pods \\\"p\\\" is forbidden: ValidatingAdmissionPolicy 'no-exec' with binding 'no-exec' denied request: no shells",
  )
  // Past admission: the pod is on no node.
  expect(await exec('ls')).toContain('does not have a host assigned')
})

/** What the kubeconfig has for the admin. */
function adminCertificate(): { cert: string; key: string } {
  const field = (name: string) =>
    Buffer.from(new RegExp(`${name}: (\\S+)`).exec(served.kubeconfig)![1]!, 'base64').toString()
  return { cert: field('client-certificate-data'), key: field('client-key-data') }
}
