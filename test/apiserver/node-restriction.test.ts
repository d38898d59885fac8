/** What kubelets may touch. */
import { expect, test } from 'vitest'
import { Lease } from '../../src/api/coordination/lease.ts'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import type { UserInfo } from '../../src/api/request.ts'
import { type Harness, harness, refusal } from './harness.ts'

const KUBELET: UserInfo = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] }

function cluster(): Harness {
  const h = harness({ admission: undefined, admissionOptions: { restrictNodes: true } })
  h.api.bootstrap()
  return h
}

const node = (name: string, labels: object = {}) =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: {} }) as unknown as Node
const pod = (name: string, nodeName: string, metadata: object = {}) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { nodeName, containers: [{ name: 'c', image: 'i' }] },
  }) as unknown as Pod

test("its own node, and labels that are not the control plane's", () => {
  const h = cluster()
  expect(refusal(() => h.create(Node, node('n2'), { user: KUBELET })).message).toBe(
    'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
  )
  const labels = {
    'node-role.kubernetes.io/control-plane': '',
    'node-restriction.kubernetes.io/x': '',
    mine: '',
  }
  expect(refusal(() => h.create(Node, node('n1', labels), { user: KUBELET })).message).toBe(
    'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/x, node-role.kubernetes.io/control-plane',
  )
  const made = h.create(Node, node('n1', { mine: '', 'topology.kubernetes.io/zone': 'a' }), { user: KUBELET })
  const update = (body: object) => () => h.call('update', Node, { name: 'n1', user: KUBELET, body })
  expect(refusal(update({ ...made, spec: { taints: [] } })).message).toBe(
    'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
  )
  expect(update({ ...made, metadata: { ...made.metadata, labels: { other: '' } } })()).toMatchObject({
    metadata: { labels: { other: '' } },
  })
})

test('pods on it: their status, their end, and mirrors of static ones', () => {
  const h = cluster()
  const n1 = h.create(Node, node('n1'))
  const own = h.create(Pod, pod('own', 'n1'))
  const other = h.create(Pod, pod('other', 'n2'))
  const status = (it: Pod) => () =>
    h.call('update', Pod, {
      namespace: 'default',
      name: it.metadata!.name,
      subresource: 'status',
      user: KUBELET,
      body: { ...it, status: { phase: 'Running' } },
    })
  expect(refusal(status(other)).message).toBe(
    'pods "other" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
  )
  expect(status(own)()).toMatchObject({ metadata: { name: 'own' } })
  expect(
    refusal(() => h.call('delete', Pod, { namespace: 'default', name: 'other', user: KUBELET })).message,
  ).toContain('node "n1" can only delete pods with spec.nodeName set to itself')
  const evict = { namespace: 'default', name: 'other', subresource: 'eviction', user: KUBELET, body: {} }
  expect(refusal(() => h.call('create', Pod, evict)).message).toContain(
    'node n1 can only evict pods with spec.nodeName set to itself',
  )
  const make = (it: Pod) => () => h.create(Pod, it, { user: KUBELET })
  expect(refusal(make(pod('x', 'n1'))).message).toBe(
    'pods "x" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
  )
  const annotations = { 'kubernetes.io/config.mirror': 'hash' }
  expect(refusal(make(pod('x', 'n1', { annotations }))).message).toContain(
    'can only create pods with an owner reference set to itself',
  )
  const ownerReferences = [
    { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: n1.metadata.uid, controller: true },
  ]
  expect(make(pod('x', 'n1', { annotations, ownerReferences }))().metadata.name).toBe('x')
})

test('its own lease', () => {
  const h = cluster()
  const lease = (name: string) =>
    ({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name } }) as unknown as Lease
  const make =
    (name: string, namespace = 'kube-node-lease') =>
    () =>
      h.create(Lease, lease(name), { namespace, user: KUBELET })
  expect(refusal(make('n2')).message).toContain(
    'can only access node lease with the same name as the requesting node',
  )
  expect(refusal(make('n1', 'default')).message).toContain(
    'can only access leases in the "kube-node-lease" system namespace',
  )
  expect(make('n1')().metadata.name).toBe('n1')
})

test('the journal names the plug-in that refused, and those that changed an object', () => {
  const h = cluster()
  h.request('create', Node, { body: node('n2'), user: KUBELET })
  h.create(Pod, pod('p', ''))
  const details = h.journal.entries().filter((it) => it.type === 'request' && it.detail !== undefined)
  expect(details.map((it) => [it.object, it.detail])).toEqual([
    ['Node n2', { refusedBy: 'NodeRestriction' }],
    ['Pod default/p', { mutatedBy: ['ServiceAccount', 'Priority', 'DefaultTolerationSeconds'] }],
  ])
})
