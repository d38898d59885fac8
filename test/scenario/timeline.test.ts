import { expect, test } from 'vitest'
import { EventLoop } from '../../src/kernel/event-loop.ts'
import { type EntryType, Journal } from '../../src/kernel/journal.ts'
import { timelineOf } from '../../src/scenario/timeline.ts'

/** Records entries `[type, actor, object, text, index of the cause]` and tells them, one line a row. */
function told(entries: readonly [EntryType, string, string, string, number?][]): string[] {
  const loop = new EventLoop({ start: 0 })
  const journal = new Journal(loop)
  for (const [type, actor, object, text, cause] of entries) {
    loop.within({ cause: cause === undefined ? 0 : cause + 1, background: false }, () =>
      journal.record(type, actor, object, text),
    )
  }
  return timelineOf(journal, 0, journal.length).map((row) =>
    [row.component, row.object, row.text, row.why].filter((it) => it !== '').join(' | '),
  )
}

test('a commit is told with the controller behind it, and why', () => {
  expect(
    told([
      [
        'reconcile',
        'replicaset-controller',
        'ReplicaSet default/web-7d',
        'reconcile: ReplicaSet default/web-7d added',
      ],
      ['request', 'kube-controller-manager', 'Pod default/web-7d-x', 'create', 0],
      ['commit', 'kube-apiserver', 'Pod default/web-7d-x', 'created', 1],
    ]),
  ).toEqual(['replicaset-controller | Pod default/web-7d-x | created | ReplicaSet default/web-7d added'])
})

test('what happens to many alike is told once', () => {
  expect(
    told([
      [
        'event',
        'default-scheduler',
        'Pod default/web-7d-x',
        'Scheduled: Successfully assigned default/web-7d-x to node-2',
      ],
      [
        'event',
        'default-scheduler',
        'Pod default/web-7d-y',
        'Scheduled: Successfully assigned default/web-7d-y to node-1',
      ],
      ['commit', 'kubelet/node-1', 'Pod default/web-7d-x', 'Ready False -> True, status.podIPs changed'],
      ['commit', 'kubelet/node-2', 'Pod default/web-7d-y', 'Ready False -> True'],
    ]),
  ).toEqual([
    'default-scheduler | 2 Pods default/web-7d-* | Scheduled: assigned to node-1, node-2',
    'kubelet x2 | 2 Pods default/web-7d-* | Ready False -> True',
  ])
})

test('the same kind of thing for another owner is told apart', () => {
  expect(
    told([
      ['commit', 'user', 'Pod default/web-x', 'created'],
      ['commit', 'user', 'Pod default/db-x', 'created'],
    ]),
  ).toHaveLength(2)
})

test('what a fault does to a process is told by the fault alone', () => {
  expect(
    told([
      ['fault', 'user', 'Node node-1', 'crashes'],
      ['process', 'kubelet/node-1', '', 'crashed', 0],
      ['process', 'kube-scheduler', '', 'crashed'],
    ]),
  ).toEqual(['fault | Node node-1 | crashes', 'kube-scheduler | crashed'])
})

test.each<{ name: string; entry: [EntryType, string, string, string] }>([
  { name: 'heartbeats', entry: ['commit', 'kubelet', 'Lease kube-node-lease/node-1', 'created'] },
  { name: 'counters', entry: ['commit', 'x', 'Deployment default/web', 'status.replicas 1 -> 2'] },
  { name: 'conditions that start out false', entry: ['commit', 'x', 'Pod default/a', 'Ready False'] },
  {
    name: 'lost races',
    entry: ['reconcile', 'x', 'Pod a', 'reconcile failed: ... the object has been modified; retry'],
  },
  { name: 'granted requests', entry: ['request', 'user', 'Pod default/a', 'create'] },
  { name: 'conflicts', entry: ['request', 'user', 'Pod default/a', 'update: 409 Conflict'] },
  {
    name: 'Events that repeat commits',
    entry: ['event', 'x', 'ReplicaSet default/a', 'SuccessfulCreate: Created pod: a'],
  },
])('$name are not told', ({ entry }) => {
  expect(told([entry])).toEqual([])
})

test.each<{ name: string; entry: [EntryType, string, string, string]; want: string }>([
  {
    name: 'refusals',
    entry: ['request', 'user', 'Pod default/a', 'create: 403 forbidden'],
    want: 'user | Pod default/a | create: 403 forbidden',
  },
  {
    name: 'other failures of a reconcile',
    entry: ['reconcile', 'x', 'Pod a', 'reconcile failed: boom'],
    want: 'x | Pod a | reconcile failed: boom',
  },
  {
    name: 'phases',
    entry: ['commit', 'x', 'Pod default/a', 'status.phase Pending -> Running'],
    want: 'x | Pod default/a | phase Pending -> Running',
  },
])('$name are told', ({ entry, want }) => {
  expect(told([entry])).toEqual([want])
})
