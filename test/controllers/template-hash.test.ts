import { expect, test } from 'vitest'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { newReplicaSetFor } from '../../src/controllers/deployment/rollout.ts'
import {
  canonicalJson,
  computeHash,
  revisionHash,
  revisionSum,
  safeEncode,
  templateSum,
} from '../../src/controllers/shared/template-hash.ts'
import { vectors } from './vectors.ts'

vectors('hash_safe_encode', 'SafeEncodeString', ({ input, expect: want }) => {
  expect(safeEncode(input.s)).toBe(want.encoded)
})

vectors('hash_safe_encode', 'decodeRealHash', ({ input, expect: want }) => {
  expect(safeEncode(String(want.sum32))).toBe(input.hash)
})

vectors('hash_safe_encode', 'ComputeHash', ({ input, expect: want }) => {
  const count = input.collisionCount ?? undefined
  expect(templateSum(input.dumpedTemplateUtf8, count)).toBe(want.fnv1a32)
  expect(computeHash(input.dumpedTemplateUtf8, count)).toBe(want.hash)
})

vectors('hash_safe_encode', 'HashControllerRevision', ({ input, expect: want }) => {
  const count = input.collisionCount ?? undefined
  expect(revisionSum(input.rawData, count)).toBe(want.fnv1_32)
  expect(revisionHash(input.rawData, count)).toBe(want.hash)
})

test('the hash of a template does not depend on the order of its fields', () => {
  expect(canonicalJson({ b: [1, { d: 'x', c: null }], a: undefined })).toBe('{"b":[1,{"c":null,"d":"x"}]}')
})

test('a ReplicaSet is named by the hash of its template and carries it as a label', () => {
  const deployment: Parameters<typeof newReplicaSetFor>[0] = {
    metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'nginx' }] },
      },
    },
  }
  const { metadata, spec } = newReplicaSetFor(deployment, [])
  const hash = computeHash(canonicalJson(deployment.spec.template))
  expect(metadata?.name).toBe(`web-${hash}`)
  expect(metadata?.labels).toEqual({ app: 'web', 'pod-template-hash': hash })
  expect(spec.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash })
  expect(spec.template?.spec).toBe(deployment.spec.template.spec)
  expect(metadata?.ownerReferences?.[0]?.kind).toBe(Deployment.kind)
})
