/** What the explorer has found in our own controllers, their stories and itself, as the plans that showed it. */
import { expect, test } from 'vitest'
import { compileSpec } from '../../src/testing/explore/compiled-spec.ts'
import { parsePlan } from '../../src/testing/explore/plan.ts'
import { judge, runReference } from '../../src/testing/explore/reference.ts'
import { simulate } from '../../src/testing/explore/simulation.ts'
import { MORE_STORIES } from './more-stories.ts'
import { SELF_STORIES } from './self-stories.ts'

const STORIES = { ...SELF_STORIES, ...MORE_STORIES }

interface Found {
  readonly what: string
  readonly story: string
  readonly process: string
  readonly faults: readonly string[]
}

const FOUND: readonly Found[] = [
  {
    what: 'a kubelet that dies while a container starts does not start it twice',
    story: 'kubelet',
    process: 'kubelet/node-1',
    faults: [
      'update Pod/b/status #1 = crash-before',
      'sees MODIFIED Pod/a #1 = lag',
      'delete Pod/a #1 = crash-after',
    ],
  },
  {
    what: 'the node lifecycle controller does not wait a quarter of an hour before it taints a silent node',
    story: 'nodelifecycle',
    process: 'kube-controller-manager',
    faults: [
      'update Node/node-1/status #1 = conflict',
      'update Node/node-1 #2 = conflict',
      'sees MODIFIED Pod/a #1 = missed',
      'sees MODIFIED Node/node-1 #2 = lag',
      'update Node/node-1/status #75 = crash-before',
    ],
  },
  {
    what: 'an API server that lags is left behind even when another one came in between',
    story: 'disruption',
    process: 'kube-controller-manager',
    faults: ['before step 2 #1 = stale@1', 'before step 3 #1 = stale@2'],
  },
  {
    what: 'a request that arrives late is still that of its sender',
    story: 'attaching',
    process: 'kube-controller-manager',
    faults: [
      'update VolumeAttachment/csi-a5a417d910408d31180742431f76fab07152a48044d128735c12c08376e02c25 #1 = slow',
      'update PersistentVolume/disk-1 #1 = conflict',
      'update PersistentVolume/disk-1 #2 = slow',
    ],
  },
]

test.each(FOUND)('$what', async ({ story, process, faults }) => {
  const spec = compileSpec(STORIES[story]!)
  const plan = parsePlan(faults.map((it) => `${process}: ${it}`).join('; '))
  const reference = await runReference(spec)
  const run = await simulate(spec, { plan })
  expect(run.hit).toEqual(expect.arrayContaining(plan.slice(0, 2).map((it) => it.at)))
  expect(judge(spec, reference, run)).toBeUndefined()
})
