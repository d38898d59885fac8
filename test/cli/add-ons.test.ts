import { expect, test } from 'vitest'
import { APIService } from '../../src/api/apiregistration/api-service.ts'
import { installAddOns } from '../../src/cli/add-ons.ts'
import { buildCluster } from '../../src/cluster/create-cluster.ts'
import { Deployment } from '../../src/index.ts'

test('names are resolved while a pod of the name service is ready', async () => {
  await using cluster = buildCluster({ nodes: 2, authorization: 'RBAC' })
  await cluster.settle()
  await installAddOns(cluster)
  await cluster.apply(
    '{apiVersion: v1, kind: Pod, metadata: {name: asker}, spec: {containers: [{name: c, image: busybox, command: [sleep, infinity]}]}}',
  )
  await cluster.settle()
  const lookup = () =>
    cluster.exec({ namespace: 'default', pod: 'asker' }, ['nslookup', 'kube-dns.kube-system'])
  expect(await lookup()).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('Address: 10.96.0.10\n'),
  })
  const scale = async (replicas: number) => {
    const deployment = await cluster.client.get(Deployment, { namespace: 'kube-system', name: 'coredns' })
    await cluster.client.update(Deployment, deployment, (draft) => {
      draft.spec.replicas = replicas
    })
    await cluster.advance('1m')
  }
  await scale(0)
  expect((await lookup()).exitCode).toBe(1)
  await scale(1)
  expect((await lookup()).exitCode).toBe(0)

  const services = await cluster.client.list(APIService)
  expect(services.items.map((it) => it.metadata.name)).toEqual(
    expect.arrayContaining(['v1.', 'v1.apps', 'v2.autoscaling', 'v1beta1.metrics.k8s.io']),
  )
  await installAddOns(cluster)
  expect((await cluster.client.list(APIService)).items).toHaveLength(services.items.length)
})
