import { describe, expect, test } from 'vitest'
import { ControllerRevision } from '../../src/api/apps/controller-revision.ts'
import { StatefulSet } from '../../src/api/apps/stateful-set.ts'
import { Event } from '../../src/api/core/event.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistent-volume-claim.ts'
import { Pod } from '../../src/api/core/pod.ts'
import type { Stored } from '../../src/api/kind.ts'
import { REVISION_HASH } from '../../src/controllers/shared/controller-history.ts'
import { claimOwner, isAtCurrentRevision, ordinalOf } from '../../src/controllers/statefulset/identity.ts'
import {
  completeUpdate,
  maxUnavailableOf,
  planSync,
  planUpdate,
  type Step,
  slotsOf,
} from '../../src/controllers/statefulset/plan.ts'
import { vectors } from './vectors.ts'
import { template, World } from './world.ts'

const NOW = Date.UTC(2026, 0, 1)

interface SetCase {
  readonly replicas: number
  readonly partition?: number | null
  readonly policy?: string
  readonly strategy?: string
  readonly maxUnavailable?: number
  readonly start?: number
  readonly deletionTimestamp?: boolean
  readonly currentReplicas?: number
}

function set(it: SetCase): Stored<StatefulSet> {
  const partition = it.partition ?? undefined
  const rolling = partition !== undefined || it.maxUnavailable !== undefined
  return {
    metadata: {
      name: 'db',
      namespace: 'default',
      uid: 'db',
      resourceVersion: '1',
      creationTimestamp: '',
      ...(it.deletionTimestamp && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: {
      replicas: it.replicas,
      selector: { matchLabels: { app: 'db' } },
      template: template({ app: 'db' }),
      podManagementPolicy: it.policy ?? 'OrderedReady',
      updateStrategy: {
        type: it.strategy ?? 'RollingUpdate',
        ...(rolling && { rollingUpdate: { partition, maxUnavailable: it.maxUnavailable } }),
      },
      ...(it.start !== undefined && { ordinals: { start: it.start } }),
    },
    status: { replicas: 0, currentReplicas: it.currentReplicas },
  }
}

/** `old ready`, `new notready`, `ready`, `pending`, `new terminating`. */
function pod(ordinal: number, state: string): Stored<Pod> {
  const words = state.split(' ')
  const health = words.at(-1)
  return {
    metadata: {
      name: `db-${ordinal}`,
      namespace: 'default',
      uid: `db-${ordinal}`,
      resourceVersion: '1',
      creationTimestamp: '',
      labels: { [REVISION_HASH]: words[0] === 'old' ? 'old' : 'new' },
      ...(health === 'terminating' && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: { containers: [] },
    status: {
      phase: health === 'pending' ? 'Pending' : 'Running',
      conditions: health === 'ready' || health === 'terminating' ? [{ type: 'Ready', status: 'True' }] : [],
    },
  }
}

const options = { updateRevision: 'new', now: NOW }
const did = (steps: readonly Step[], what: string) =>
  steps.filter((it) => it.do === what).map((it) => it.ordinal)

vectors('statefulset_update', 'maxUnavailableInvariant', ({ input, expect: want }) => {
  const pods = Array.from({ length: input.replicas }, (_, i) =>
    pod(i, input.terminatingOrdinals.includes(i) ? 'old terminating' : 'old ready'),
  )
  const steps = planUpdate(set(input), slotsOf(set(input), pods).replicas, {
    ...options,
    maxUnavailable: true,
  })
  expect(steps).toHaveLength(want.podsDeleted)
  expect(pods.length - steps.length).toBe(want.podsLeft)
})

vectors('statefulset_update', 'maxUnavailableSequence', ({ input, expect: want }) => {
  const s = set({ ...input, policy: input.podManagementPolicy })
  let states = new Map(Array.from({ length: input.replicas }, (_, i) => [i, 'old ready']))
  const seen: number[][] = []
  for (const { before } of want.syncs) {
    // "4 ready, 5 running not ready": what became of the pods since the last sync.
    for (const ordinal of states.keys()) {
      const ready = new RegExp(`(^|,)${ordinal}(,\\d)* ready`).test(before)
      if (ready) states.set(ordinal, `${states.get(ordinal)!.split(' ')[0]} ready`)
    }
    const pods = [...states].map(([ordinal, state]) => pod(ordinal, state))
    const steps = planSync(s, slotsOf(s, pods), { ...options, maxUnavailable: true })
    for (const ordinal of did(steps, 'delete')) states.delete(ordinal)
    for (const step of steps)
      if (step.do === 'create')
        states.set(step.ordinal, `${step.revision === 'update' ? 'new' : 'old'} pending`)
    states = new Map([...states].sort(([a], [b]) => a - b))
    seen.push([...states.keys()])
  }
  expect(seen).toEqual(want.syncs.map((it: { present: number[] }) => it.present))
})

vectors('statefulset_update', 'getStatefulSetMaxUnavailable', ({ input, expect: want }) => {
  expect(maxUnavailableOf(input.maxUnavailable ?? undefined, input.replicas)).toBe(want.maxUnavailable)
})

vectors('statefulset_update', 'newVersionedPod', ({ input, expect: want }) => {
  const s = set({
    ...input,
    replicas: 10,
    start: input.startOrdinal,
    currentReplicas: input.statusCurrentReplicas,
  })
  expect(isAtCurrentRevision(s, input.ordinal) ? 'current' : 'update').toBe(want.revision)
})

vectors('statefulset_update', 'rollingUpdateStep', ({ input, expect: want }) => {
  const s = set({ ...input, policy: input.podManagementPolicy })
  const pods = input.pods.map((state: string, i: number) => pod(i, state))
  const steps = planSync(s, slotsOf(s, pods), options)
  expect(did(steps, 'delete')).toEqual(want.delete)
  expect(did(steps, 'create')).toEqual(want.create ?? [])
})

vectors('statefulset_update', 'scaleStep', ({ input, expect: want }) => {
  const s = set(input)
  const pods = Object.entries(input.existing as Record<string, string>).map(([i, state]) =>
    pod(Number(i), state),
  )
  const steps = planSync(s, slotsOf(s, pods), options)
  expect(did(steps, 'create')).toEqual(want.create ?? [])
  expect(did(steps, 'delete')).toEqual(want.delete ?? [])
})

vectors('statefulset_update', 'claimOwnerRefs', ({ input, expect: want }) => {
  const owner = claimOwner(input, input.podOrdinalInRange)
  expect({ claimOwnedBySet: owner === 'set', claimOwnedByPod: owner === 'pod' }).toEqual(want)
})

vectors('statefulset_update', 'completeRollingUpdate', ({ input, expect: want }) => {
  expect(completeUpdate(set({ replicas: input.specReplicas }), input.status)).toMatchObject(want)
})

test('a failed pod of a Parallel set holds nothing else up; of an ordered one it does', () => {
  const failed = { ...pod(0, 'old ready'), status: { phase: 'Failed' } }
  const pods = [failed, pod(1, 'old ready'), pod(2, 'old ready')]
  const steps = (podManagementPolicy: string) => {
    const s = set({ replicas: 2, policy: podManagementPolicy })
    return did(planSync(s, slotsOf(s, pods), options), 'delete')
  }
  expect(steps('Parallel')).toEqual([0, 2, 1])
  expect(steps('OrderedReady')).toEqual([0])
})

test('names that are not of the set are no ordinals', () => {
  const named = (name: string) =>
    ordinalOf(set({ replicas: 1 }), { metadata: { name }, spec: { containers: [] } })
  expect(['db-0', 'db-12', 'db-x', 'db', 'other-1', 'db-1-2'].map(named)).toEqual([0, 12, -1, -1, -1, -1])
})

describe('through the API', () => {
  const base = template({ app: 'db' })
  const containers = [{ ...base.spec.containers[0]!, volumeMounts: [{ name: 'data', mountPath: '/data' }] }]
  const mounting = { ...base, spec: { containers } }
  const database = (more: object = {}): StatefulSet => ({
    metadata: { name: 'db', namespace: 'default' },
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: mounting,
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
      ...more,
    },
  })
  const names = (objects: readonly { readonly metadata: { readonly name: string } }[]) =>
    objects.map((it) => it.metadata.name)

  test('pods come one after the other, each with its claim, and say so', async () => {
    const world = await World.create()
    await world.create(StatefulSet, database())
    await world.advance(0.5)
    expect(names(await world.pods())).toEqual(['db-0'])
    await world.settle()
    expect(names(await world.pods())).toEqual(['db-0', 'db-1', 'db-2'])
    expect(names(await world.list(PersistentVolumeClaim))).toEqual(['data-db-0', 'data-db-1', 'data-db-2'])
    const db1 = await world.get(Pod, 'db-1')
    expect(db1.spec).toMatchObject({ hostname: 'db-1', subdomain: 'db' })
    expect(db1.metadata.generateName).toBe('db-')
    const [revision] = await world.list(ControllerRevision)
    expect(revision?.data).toMatchObject({ spec: { template: { metadata: { creationTimestamp: null } } } })
    expect(db1.spec.volumes?.[0]).toEqual({ name: 'data', persistentVolumeClaim: { claimName: 'data-db-1' } })
    const { status } = await world.get(StatefulSet, 'db')
    expect(status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
    })
    const events = (await world.list(Event)).filter((it) => it.involvedObject.kind === 'StatefulSet')
    expect(events.map((it) => it.message).slice(0, 2)).toEqual([
      'create Claim data-db-0 Pod db-0 in StatefulSet db success',
      'create Pod db-0 in StatefulSet db successful',
    ])
  })

  test('a deleted pod comes back under its name and with its claim', async () => {
    const world = await World.create()
    await world.create(StatefulSet, database())
    await world.settle()
    const before = await world.get(Pod, 'db-1')
    const claim = await world.get(PersistentVolumeClaim, 'data-db-1')
    await world.delete(Pod, 'db-1')
    await world.settle()
    const after = await world.get(Pod, 'db-1')
    expect(after.metadata.uid).not.toBe(before.metadata.uid)
    expect((await world.get(PersistentVolumeClaim, 'data-db-1')).metadata.uid).toBe(claim.metadata.uid)
  })

  test('an update goes from the top down to the partition, and back', async () => {
    const world = await World.create()
    await world.create(StatefulSet, database())
    await world.settle()
    const images = async () => (await world.pods()).map((it) => it.spec.containers[0]?.image)
    const roll = (image: string, partition: number) =>
      world.update(StatefulSet, 'db', (it) => ({
        ...it,
        spec: {
          ...it.spec,
          template: { ...mounting, spec: { containers: [{ ...containers[0]!, image }] } },
          updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } },
        },
      }))
    await roll('ok:2', 2)
    await world.settle()
    expect(await images()).toEqual(['ok', 'ok', 'ok:2'])
    const canary = (await world.get(StatefulSet, 'db')).status!
    expect(canary).toMatchObject({ currentReplicas: 2, updatedReplicas: 1 })
    expect(canary.currentRevision).not.toBe(canary.updateRevision)
    await roll('ok', 0)
    await world.settle()
    expect(await images()).toEqual(['ok', 'ok', 'ok'])
    const back = (await world.get(StatefulSet, 'db')).status!
    expect(back.updateRevision).toBe(canary.currentRevision)
    expect((await world.list(ControllerRevision)).map((it) => it.revision).sort()).toEqual([2, 3])
  })

  test('scaling down deletes from the top and keeps the claims, or not, as the policy says', async () => {
    const world = await World.create()
    await world.create(
      StatefulSet,
      database({ persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' } }),
    )
    await world.settle()
    await world.update(StatefulSet, 'db', (it) => ({ ...it, spec: { ...it.spec, replicas: 1 } }))
    await world.settle()
    expect(names(await world.pods())).toEqual(['db-0'])
    expect(names(await world.list(PersistentVolumeClaim))).toEqual(['data-db-0'])
  })
})
