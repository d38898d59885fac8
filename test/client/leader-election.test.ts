import { expect, test } from 'vitest'
import { Lease } from '../../src/api/coordination/lease.ts'
import { runLeaderElection } from '../../src/client/leader-election.ts'
import { type Harness, harness } from './harness.ts'

function candidate(h: Harness, name: string, leads: string[]) {
  return h.start(name, {
    name: 'candidate',
    start: (process) =>
      runLeaderElection(process, {
        name: 'manager',
        identity: `${name}#${process.incarnation}`,
        onStartedLeading: () => leads.push(`${name}#${process.incarnation}`),
      }),
  })
}

async function twoCandidates() {
  const h = harness()
  const leads: string[] = []
  const a = candidate(h, 'a', leads)
  const b = candidate(h, 'b', leads)
  await h.loop.settle()
  const lease = () => h.user((client) => client.get(Lease, { namespace: 'kube-system', name: 'manager' }))
  return { h, a, b, leads, lease }
}

test('one of two leads, and keeps its lead while it renews', async () => {
  const { h, leads, lease } = await twoCandidates()
  await h.loop.advance(120_000)
  expect(leads).toEqual(['a#1'])
  expect((await lease()).spec).toMatchObject({ holderIdentity: 'a#1', leaseDurationSeconds: 15 })
  expect((await lease()).spec?.leaseTransitions ?? 0).toBe(0)
})

test('a crashed leader is followed once its lease has run out on the challenger’s clock', async () => {
  const { h, a, leads, lease } = await twoCandidates()
  await h.loop.advance(60_000)
  a.crash()
  await h.loop.advance(10_000)
  expect(leads).toEqual(['a#1'])
  await h.loop.advance(10_000)
  expect(leads).toEqual(['a#1', 'b#1'])
  expect((await lease()).spec?.leaseTransitions).toBe(1)
})

test('an orderly stop gives the lead away at once', async () => {
  const { h, a, leads } = await twoCandidates()
  await h.loop.advance(60_000)
  a.stop()
  await h.loop.advance(6_000)
  expect(leads).toEqual(['a#1', 'b#1'])
})

test('a leader cut off from the server exits before another may lead', async () => {
  const { h, a, leads } = await twoCandidates()
  await h.loop.advance(60_000)
  h.network.link('a').refuse()
  await h.loop.advance(14_000)
  expect(a.state).toBe('crashed')
  expect(leads).toEqual(['a#1'])
  await h.loop.advance(10_000)
  expect(leads).toEqual(['a#1', 'b#1'])
})

test('a paused leader wakes as a second one and notices with its next renewal', async () => {
  const { h, a, leads } = await twoCandidates()
  await h.loop.advance(60_000)
  a.pause()
  await h.loop.advance(40_000)
  expect(leads).toEqual(['a#1', 'b#1'])
  a.resume()
  await h.loop.advance(20_000)
  expect(a.state).toBe('crashed')
})
