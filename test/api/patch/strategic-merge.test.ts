import { describe, expect, test } from 'vitest'
import { Deployment } from '../../../src/api/apps/deployment.ts'
import { Pod } from '../../../src/api/core/pod.ts'
import { PatchError, strategicMerge } from '../../../src/api/patch/strategic-merge.ts'
import {
  json,
  list,
  listMap,
  map,
  replaced,
  retainKeys,
  type Schema,
  struct,
} from '../../../src/api/schema.ts'
import { vectors } from '../../vectors/vectors.ts'

interface Case {
  readonly id: string
  readonly title: string
  readonly doc: unknown
  readonly patch: unknown
  readonly result: unknown
  readonly expect?: 'Error'
  readonly listOrder?: 'any'
}

/** The schema that the vector file describes. */
const item: Schema<unknown> = struct('test.Item', () => ({
  name: json,
  value: json,
  other: json,
  items: listMap(item, 'name'),
  moreItems: listMap(item, 'name'),
  plainItems: list(item),
  ints: list(json, { mergePrimitives: true }),
  plainInts: list(json),
  map: map(json),
  blob: replaced(item),
  union: retainKeys(item),
  unionItems: list(item, { keys: ['name'], mergeKey: 'name', retainKeys: true }),
}))

/** Lists sorted by their JSON: where upstream compares without order, so do we. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(unordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, it]) => [key, unordered(it)]),
  )
}

describe('strategic merge patch', () => {
  test.each(vectors<Case>('strategic-merge-patch'))(
    '$id $title',
    ({ doc, patch, result, expect: want, listOrder }) => {
      const before = JSON.stringify([doc, patch])
      if (want === 'Error') expect(() => strategicMerge(doc, patch, item)).toThrow(PatchError)
      else {
        const got = strategicMerge(doc, patch, item)
        if (listOrder === 'any') expect(unordered(got)).toEqual(unordered(result))
        else expect(got).toEqual(result)
      }
      expect(JSON.stringify([doc, patch])).toBe(before)
    },
  )

  const web = {
    spec: {
      replicas: 3,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
      template: {
        spec: {
          containers: [
            { name: 'web', image: 'nginx:1', ports: [{ containerPort: 80 }] },
            { name: 'log', image: 'fluentd' },
          ],
          tolerations: [{ key: 'a' }],
        },
      },
    },
  }

  test('containers merge by name, tolerations are replaced', () => {
    const patch = {
      spec: {
        template: { spec: { containers: [{ name: 'web', image: 'nginx:2' }], tolerations: [{ key: 'b' }] } },
      },
    }
    const result = strategicMerge(web, patch, Deployment.schema()) as typeof web
    expect(result.spec.template.spec.containers).toEqual([
      { name: 'web', image: 'nginx:2', ports: [{ containerPort: 80 }] },
      { name: 'log', image: 'fluentd' },
    ])
    expect(result.spec.template.spec.tolerations).toEqual([{ key: 'b' }])
    expect(result.spec.strategy).toBe(web.spec.strategy)
  })

  test('retainKeys drops the settings of the other strategy', () => {
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }
    expect(strategicMerge(web, patch, Deployment.schema())).toMatchObject({
      spec: { strategy: { type: 'Recreate' } },
    })
    const result = strategicMerge(web, patch, Deployment.schema()) as typeof web
    expect(result.spec.strategy).toEqual({ type: 'Recreate' })
  })

  test('nulls in new values leave no trace', () => {
    expect(strategicMerge({}, { metadata: { labels: { a: null, b: 'c' } } }, Pod.schema())).toEqual({
      metadata: { labels: { b: 'c' } },
    })
  })

  test('a missing merge key is refused in upstream words', () => {
    const patch = { spec: { template: { spec: { containers: [{ image: 'a' }] } } } }
    expect(() => strategicMerge(web, patch, Deployment.schema())).toThrow(
      'map: map[image:a] does not contain declared merge key: name',
    )
  })

  test('__proto__ is a key like any other', () => {
    const patch = JSON.parse('{"metadata":{"annotations":{"__proto__":"x"}},"__proto__":{"polluted":true}}')
    const result = strategicMerge({ metadata: { annotations: { a: 'b' } } }, patch, Pod.schema()) as Record<
      string,
      object
    >
    expect(Object.keys((result['metadata'] as Record<string, object>)['annotations']!)).toEqual([
      'a',
      '__proto__',
    ])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})
