/** What the explorer has found in our own controllers, their stories and itself, as the plans that showed it. */
import { expect, test } from 'vitest'
import * as database from '../../examples/controllers/database.ts'
import { compileSpec } from '../../src/testing/explore/compiled-spec.ts'
import { parsePlan } from '../../src/testing/explore/plan.ts'
import { judge, runReference } from '../../src/testing/explore/reference.ts'
import { simulate } from '../../src/testing/explore/simulation.ts'
import type { SimSpec } from '../../src/testing/explore/spec.ts'
import { MORE_STORIES } from './more-stories.ts'
import { SELF_STORIES } from './self-stories.ts'

const STORIES: Readonly<Record<string, SimSpec>> = {
  ...SELF_STORIES,
  ...MORE_STORIES,
  database: database.safe,
}

interface Found {
  readonly what: string
  readonly story: string
  readonly plan: readonly string[]
}

const FOUND: readonly Found[] = [
  {
    what: 'an answer that is late when faults end comes then',
    story: 'database',
    plan: [
      'database-controller: get ConfigMap/main-volume #5 = slow',
      'database-controller: get ConfigMap/main-volume #3 = slow',
      'backup-controller: sees MODIFIED Backup/nightly #1 = lag',
    ],
  },
  {
    what: 'a kubelet that dies while a container starts does not start it twice',
    story: 'kubelet',
    plan: [
      'kubelet/node-1: update Pod/b/status #1 = crash-before',
      'kubelet/node-1: sees MODIFIED Pod/a #1 = lag',
      'kubelet/node-1: delete Pod/a #1 = crash-after',
    ],
  },
  {
    what: 'a pod goes although the answer to its last status was lost',
    story: 'kubelet',
    plan: [
      'kubelet/node-1: update Pod/a/status #3 = lost-answer',
      'kubelet/node-1: before step 3 #1 = down',
      'kubelet/node-1: before step 2 #1 = stale',
    ],
  },
  {
    what: 'who makes again what another one deletes, since news are late, does so until they come',
    story: 'garbage',
    plan: [
      'kube-controller-manager: delete Pod/web-czs8w #1 = conflict',
      'kube-controller-manager: sees DELETED ReplicaSet/web #1 = lag',
      'kube-controller-manager: before step 2 #1 = restart',
    ],
  },
  {
    what: 'the node lifecycle controller does not wait a quarter of an hour before it taints a silent node',
    story: 'nodelifecycle',
    plan: [
      'kube-controller-manager: update Node/node-1/status #1 = conflict',
      'kube-controller-manager: update Node/node-1 #2 = conflict',
      'kube-controller-manager: sees MODIFIED Pod/a #1 = missed',
      'kube-controller-manager: sees MODIFIED Node/node-1 #2 = lag',
      'kube-controller-manager: update Node/node-1/status #75 = crash-before',
    ],
  },
  {
    what: 'an API server that lags is left behind even when another one came in between',
    story: 'disruption',
    plan: [
      'kube-controller-manager: before step 2 #1 = stale@1',
      'kube-controller-manager: before step 3 #1 = stale@2',
    ],
  },
  {
    what: 'a request that arrives late is still that of its sender',
    story: 'attaching',
    plan: [
      'kube-controller-manager: update VolumeAttachment/csi-a5a417d910408d31180742431f76fab07152a48044d128735c12c08376e02c25 #1 = slow',
      'kube-controller-manager: update PersistentVolume/disk-1 #1 = conflict',
      'kube-controller-manager: update PersistentVolume/disk-1 #2 = slow',
    ],
  },
]

test.each(FOUND)('$what', async ({ story, plan: text }) => {
  const spec = compileSpec(STORIES[story]!)
  const plan = parsePlan(text.join('; '))
  const reference = await runReference(spec)
  const run = await simulate(spec, { plan })
  expect(run.hit).toEqual(expect.arrayContaining(plan.slice(0, 2).map((it) => it.at)))
  expect(judge(spec, reference, run)).toBeUndefined()
})
