import fc from 'fast-check'
import { expect, test } from 'vitest'
import { conforms } from '../../src/api/conforms.ts'
import { Pod, pod } from '../../src/api/core/pod.ts'
import { decode, decodeValue } from '../../src/api/decode.ts'

const whole = () => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'a',
    namespace: 'default',
    labels: { app: 'web' },
    creationTimestamp: '2025-01-01T00:00:00Z',
  },
  spec: {
    containers: [
      {
        name: 'a',
        image: 'x',
        resources: { requests: { cpu: '100m', memory: '1Gi' } },
        ports: [{ containerPort: 80 }],
      },
    ],
    terminationGracePeriodSeconds: 0,
    hostNetwork: true,
  },
  status: {},
})

const strange = fc.constantFrom(
  null,
  undefined,
  '',
  0,
  -0,
  false,
  true,
  1.5,
  'text',
  '0.5Gi',
  '1000m',
  [],
  {},
  [null],
  { x: 1 },
)

/** Replaces, adds or removes something at a random place. */
const mutated = fc
  .tuple(fc.array(fc.nat(6), { maxLength: 6 }), strange, fc.boolean())
  .map(([path, value, add]) => {
    const root = decodeValue(pod, whole())
    const copy = JSON.parse(JSON.stringify(root))
    let at = copy
    for (const step of path) {
      const keys = Object.keys(at)
      const key = keys[step % Math.max(keys.length, 1)]
      if (key === undefined || typeof at[key] !== 'object' || at[key] === null) break
      at = at[key]
    }
    const keys = Object.keys(at)
    if (Array.isArray(at)) at[0] = value
    else at[add ? 'extra' : (keys[path.length % Math.max(keys.length, 1)] ?? 'extra')] = value
    return copy
  })

test('what conforms is what decoding gives back untouched', () => {
  let conforming = 0
  fc.assert(
    fc.property(mutated, (value) => {
      const { apiVersion, kind } = value
      if (apiVersion !== 'v1' || kind !== 'Pod' || !conforms(pod, value)) return
      conforming++
      const { object, warnings } = decode(
        Pod,
        { ...JSON.parse(JSON.stringify(value)), extra: undefined },
        { fieldValidation: 'Warn' },
      )
      expect(warnings).toEqual([])
      expect(JSON.parse(JSON.stringify(object))).toEqual(JSON.parse(JSON.stringify(value)))
      expect(Object.isFrozen(value.spec)).toBe(true)
    }),
    { numRuns: 3000, seed: 1 },
  )
  expect(conforming).toBeGreaterThan(50)
})

test('a decoded object conforms', () => {
  expect(conforms(pod, decode(Pod, whole()).object)).toBe(true)
})

test('a user key __proto__ is left to the decoder', () => {
  const labels = JSON.parse('{"__proto__":"x"}')
  expect(conforms(pod, { ...whole(), metadata: { name: 'a', labels } })).toBe(false)
})

test('only what a body shares with the stored object goes without a look', () => {
  const stored = decode(Pod, whole()).object
  const unchecked = Object.freeze([{ name: 7 }])
  const spec = { ...stored.spec, containers: unchecked }
  const odd = { ...stored, spec }
  expect(conforms(pod, odd)).toBe(false)
  expect(conforms(pod, odd, 0, stored)).toBe(false)
  expect(conforms(pod, { ...odd }, 0, odd)).toBe(true)
  expect(conforms(pod, { ...odd, status: { phase: 7 } }, 0, odd)).toBe(false)
  expect(conforms(pod, { ...odd, spec: { ...spec, containers: [...unchecked, { name: 8 }] } }, 0, odd)).toBe(
    false,
  )
})
