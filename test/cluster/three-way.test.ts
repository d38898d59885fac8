import { expect, test } from 'vitest'
import { deployment } from '../../src/api/apps/deployment.ts'
import { threeWayPatch } from '../../src/cluster/three-way.ts'

const web = (spec: object, containers: object[]) => ({
  spec: { ...spec, template: { spec: { containers } } },
})
const plain = (value: unknown) => JSON.parse(JSON.stringify(value ?? null))

test('defaults and other owners are left alone', () => {
  const applied = web({}, [{ name: 'a', image: 'x:1' }])
  const live = web({ replicas: 5, paused: false }, [{ name: 'a', image: 'x:1', imagePullPolicy: 'Always' }])
  expect(threeWayPatch(applied, applied, live, deployment)).toBeUndefined()
})

test('what the user dropped goes, what the user changed is set, elements are named by their key', () => {
  const original = web({ replicas: 2, paused: true }, [
    { name: 'a', image: 'x:1' },
    { name: 'b', image: 'y:1' },
  ])
  const modified = web({ replicas: 3 }, [
    { name: 'c', image: 'z:1' },
    { name: 'a', image: 'x:2' },
  ])
  const live = web({ replicas: 2, paused: true, minReadySeconds: 1 }, [
    { name: 'a', image: 'x:1', imagePullPolicy: 'Always' },
    { name: 'b', image: 'y:1' },
    { name: 'sidecar', image: 'injected' },
  ])
  expect(plain(threeWayPatch(original, modified, live, deployment))).toEqual({
    spec: {
      replicas: 3,
      paused: null,
      template: {
        spec: {
          containers: [
            { name: 'c', image: 'z:1' },
            { name: 'a', image: 'x:2' },
            { name: 'b', $patch: 'delete' },
          ],
          '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }],
        },
      },
    },
  })
})

test('a union keeps only the fields it names', () => {
  const strategy = (value: object) => ({ spec: { strategy: value } })
  const patch = threeWayPatch(
    strategy({ type: 'RollingUpdate' }),
    strategy({ type: 'Recreate' }),
    strategy({ type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } }),
    deployment,
  )
  expect(plain(patch)).toEqual({ spec: { strategy: { type: 'Recreate', $retainKeys: ['type'] } } })
})

test('without a schema lists are replaced', () => {
  expect(
    plain(threeWayPatch({ spec: { list: [1] } }, { spec: { list: [1, 2] } }, { spec: { list: [1], x: 1 } })),
  ).toEqual({
    spec: { list: [1, 2] },
  })
})
