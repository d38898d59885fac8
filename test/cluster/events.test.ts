/** How much of what processes say about objects is kept, and where. */
import { expect, test } from 'vitest'
import { Event } from '../../src/api/core/event.ts'
import { createCluster } from '../../src/cluster/create-cluster.ts'

const POD = `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { containers: [{ name: web, image: nginx:1.27 }] }
`
const REASONS = ['Scheduled', 'Pulling', 'Pulled', 'Created', 'Started']

test('with a time to live Events go early, and the journal remembers', async () => {
  await using cluster = await createCluster({ nodes: 1, eventTTL: '2m' })
  await cluster.apply(POD)
  await cluster.settle()
  const about = () =>
    cluster
      .peek()
      .list<Event>(Event)
      .filter((it) => it.involvedObject?.name === 'web')
  expect(about().map((it) => it.reason)).toEqual(expect.arrayContaining(REASONS))
  await cluster.advance('130s')
  expect(about()).toEqual([])
  expect(cluster.journal.entries().some((it) => it.text.startsWith('Started: '))).toBe(true)
})

test('without Events nothing is written, and the journal tells the same', async () => {
  await using cluster = await createCluster({ nodes: 1, events: false })
  await cluster.apply(POD)
  await cluster.settle()
  expect(cluster.peek().list<Event>(Event)).toEqual([])
  const said = cluster.journal
    .entries()
    .filter((it) => it.type === 'event' && it.object === 'Pod default/web')
  expect(said.map((it) => it.text.split(':')[0])).toEqual(REASONS)
  expect(cluster.why('Pod default/web')).toContain('kubelet')
})

test.each(['0s', 'soon'])('a time to live of %s is refused', async (eventTTL) => {
  await expect(createCluster({ eventTTL })).rejects.toThrow(
    eventTTL === 'soon' ? 'no duration' : 'longer than 0s',
  )
})
