/** Whatever is asked of it, the scheduler never overcommits a node nor breaks a required constraint. */
import { expect, test } from 'vitest'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import type { Stored } from '../../src/api/kind.ts'
import { randomStream } from '../../src/kernel/random.ts'
import { type NodeParts, node, pod, world } from './harness.ts'
import { plainSchedule } from './oracle.ts'
import { randomParts } from './oracle-run.ts'

test.each([1, 2, 3])('seed %i: checked after each binding of 80 pods of all kinds', async (seed) => {
  const random = randomStream(seed, 'invariants')
  const w = await world({}, seed)
  const nodes: Node[] = []
  for (let i = 0; i < 6; i++) {
    const parts: NodeParts = { cpu: '4', memory: '8Gi', pods: '12', zone: ['a', 'b', 'c'][i % 3] }
    nodes.push(node(`node-${i}`, { ...parts, labels: i % 2 === 0 ? { disk: 'ssd', size: '2' } : {} }))
  }
  await w.create(Node, ...nodes)
  const standing: Stored<Pod>[] = []
  let bound = 0
  for (let i = 0; i < 80; i++) {
    const name = `p${i}`
    const parts = randomParts(random)
    await w.create(Pod, pod(name, { ...parts, namespace: 'default', priority: random.below(3) * 10 }))
    await w.settle()
    const now = (await w.client.list(Pod, { namespace: 'default' })).items
    for (const placed of now.filter(
      (it) => it.spec.nodeName && !standing.some((old) => old.metadata.uid === it.metadata.uid),
    )) {
      // As it was before this one came: what the plain algorithm lets through.
      const others = now.filter(
        (it) =>
          it.spec.nodeName && it !== placed && standing.some((old) => old.metadata.uid === it.metadata.uid),
      )
      const { feasible } = plainSchedule(placed, {
        nodes,
        pods: others,
        namespaces: new Map([['default', {}]]),
      })
      expect(feasible, `${placed.metadata.name} on ${placed.spec.nodeName}`).toContain(placed.spec.nodeName)
      standing.push(placed)
      bound++
    }
    const uids = new Set(now.map((it) => it.metadata.uid))
    for (let k = standing.length - 1; k >= 0; k--)
      if (!uids.has(standing[k]!.metadata.uid)) standing.splice(k, 1)
    if (random.below(8) === 0 && standing.length > 0) {
      const gone = random.pick(standing)
      await w.client.delete(
        Pod,
        { namespace: 'default', name: gone.metadata.name },
        { gracePeriodSeconds: 0 },
      )
      await w.settle()
    }
    for (const { metadata, status } of nodes) {
      const here = (await w.client.list(Pod, { namespace: 'default' })).items.filter(
        (it) => it.spec.nodeName === metadata?.name,
      )
      expect(here.length).toBeLessThanOrEqual(Number(status!.allocatable!['pods']))
    }
  }
  expect(bound).toBeGreaterThan(25)
})
