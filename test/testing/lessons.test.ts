/** The lessons that are programs. */
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { namespaceTour } from '../../examples/lessons/first-program/namespace.ts'
import { inProcess } from '../../src/client-node.ts'
import { createCluster } from '../../src/cluster/create-cluster.ts'

test('the first program creates, reads and deletes a namespace', async () => {
  await using cluster = await createCluster({ nodes: 0 })
  const core = inProcess(new KubeConfig(), cluster).makeApiClient(CoreV1Api)
  expect(await namespaceTour(core, () => cluster.advance('1s'))).toEqual([
    expect.stringMatching(/^created tour, resourceVersion \d+$/),
    'read tour: phase Active, purpose lesson',
    'listed default, kube-node-lease, kube-public, kube-system, tour',
    'tour is gone',
  ])
})
