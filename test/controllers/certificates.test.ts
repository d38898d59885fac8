/** Requests for certificates from creation to removal: who approves them, and when they go. */
import 'reflect-metadata'

import * as x509 from '@peculiar/x509'
import { expect, test } from 'vitest'
import { CertificateSigningRequest } from '../../src/api/certificates/certificate-signing-request.ts'
import { ClusterRoleBinding } from '../../src/api/rbac/cluster-role-binding.ts'
import type { UserInfo } from '../../src/api/request.ts'
import { buildCluster } from '../../src/cluster/create-cluster.ts'
import type { SimCluster } from '../../src/cluster/sim-cluster.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const KUBELET_CLIENT = {
  signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
  usages: ['digital signature', 'client auth'],
}

async function requestFor(name: string): Promise<string> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: ALGORITHM,
  })
  return btoa(`${request.toString('pem')}\n`)
}

const NODE: UserInfo = { name: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] }
const BOOTSTRAP: UserInfo = {
  name: 'system:bootstrap:abcdef',
  groups: ['system:bootstrappers', 'system:authenticated'],
}

async function ask(cluster: SimCluster, user: UserInfo, name: string, spec: object): Promise<void> {
  const client = cluster.foundation.outsideClient(user, user.name)
  await cluster.loop.outside(
    client.create(CertificateSigningRequest, { metadata: { name }, spec } as CertificateSigningRequest),
  )
}

const find = (cluster: SimCluster, name: string) =>
  cluster.peek().get<CertificateSigningRequest>(CertificateSigningRequest, { name })

const conditions = (cluster: SimCluster, name: string) =>
  (find(cluster, name)?.status?.conditions ?? []).map((it) => `${it.type} ${it.reason}: ${it.message}`)

test('kubelets get the certificates that they may have, and nobody else', async () => {
  await using cluster = buildCluster({ nodes: 0, scheduler: false, authorization: 'RBAC' })
  await cluster.settle()
  // As kubeadm binds them.
  const bind = (role: string, group: string) => ({
    metadata: { name: role },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }],
  })
  await cluster.client.create(ClusterRoleBinding, bind('system:node-bootstrapper', 'system:bootstrappers'))
  const self = await requestFor('CN=system:node:node-1, O=system:nodes')
  await ask(cluster, NODE, 'renewal', { ...KUBELET_CLIENT, request: self })
  await ask(cluster, BOOTSTRAP, 'new', { ...KUBELET_CLIENT, request: self })
  await ask(cluster, NODE, 'serving', {
    signerName: 'kubernetes.io/kubelet-serving',
    usages: ['digital signature', 'server auth'],
    request: self,
  })
  const wrong = await requestFor('CN=system:node:node-1, O=system:masters')
  await ask(cluster, NODE, 'greedy', { ...KUBELET_CLIENT, request: wrong })
  await cluster.settle()
  const names = ['renewal', 'new', 'serving', 'greedy']
  expect(names.map((it) => conditions(cluster, it))).toEqual([[], [], [], []])

  const base = 'system:certificates.k8s.io:certificatesigningrequests'
  await cluster.client.create(ClusterRoleBinding, bind(`${base}:selfnodeclient`, 'system:nodes'))
  await cluster.client.create(ClusterRoleBinding, bind(`${base}:nodeclient`, 'system:bootstrappers'))
  for (const name of names)
    await cluster.client.update(CertificateSigningRequest, find(cluster, name) as never, (it) => {
      it.metadata!.labels = { again: 'yes' }
    })
  await cluster.settle()
  expect(names.map((it) => conditions(cluster, it))).toEqual([
    ['Approved AutoApproved: Auto approving self kubelet client certificate after SubjectAccessReview.'],
    ['Approved AutoApproved: Auto approving kubelet client certificate after SubjectAccessReview.'],
    [],
    [],
  ])
  expect(names.map((it) => Boolean(find(cluster, it)?.status?.certificate))).toEqual([
    true,
    true,
    false,
    false,
  ])
})

test('requests go an hour after they were dealt with, and a day after nobody did', async () => {
  await using cluster = buildCluster({ nodes: 0, scheduler: false })
  await cluster.settle()
  const request = await requestFor('CN=jane')
  const spec = { request, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] }
  const decide = async (name: string, type: string) => {
    const found = find(cluster, name)!
    const time = new Date(cluster.now).toISOString()
    const condition = { type, status: 'True', reason: 'Test', lastUpdateTime: time, lastTransitionTime: time }
    const body = { ...found, status: { conditions: [condition] } }
    await cluster.client.subresource('update', CertificateSigningRequest, { name }, 'approval', body)
  }
  for (const name of ['signed', 'denied', 'pending']) await ask(cluster, NODE, name, spec)
  await ask(cluster, NODE, 'unsigned', { ...spec, signerName: 'example.com/somebody' })
  await cluster.settle()
  await decide('signed', 'Approved')
  await decide('denied', 'Denied')
  await decide('unsigned', 'Approved')
  await cluster.settle()
  const left = () =>
    ['signed', 'denied', 'pending', 'unsigned'].filter((it) => find(cluster, it) !== undefined)
  expect(left()).toHaveLength(4)
  await cluster.advance('50m')
  expect(left()).toHaveLength(4)
  await cluster.advance('2h')
  expect(left()).toEqual(['pending', 'unsigned'])
  await cluster.advance('24h')
  expect(left()).toEqual(['unsigned'])
})
