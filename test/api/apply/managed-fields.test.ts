import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeSet } from '../../../src/api/apply/field-set.ts'
import { applyObject, trackUpdate, type WriteInfo } from '../../../src/api/apply/managed-fields.ts'
import { allOf } from '../../../src/api/apply/typed-value.ts'
import { Deployment } from '../../../src/api/apps/deployment.ts'
import { ConfigMap } from '../../../src/api/core/config-map.ts'
import { Pod } from '../../../src/api/core/pod.ts'
import { Service } from '../../../src/api/core/service.ts'
import { ApiError } from '../../../src/api/errors.ts'
import type { KindDefinition, KubeObject } from '../../../src/api/kind.ts'

const NOW = '2026-01-01T00:00:00Z'

function info(manager: string, more: Partial<WriteInfo> = {}): WriteInfo {
  return { manager, apiVersion: 'v1', subresource: '', now: NOW, ignored: [], ...more }
}

/** A little API server: one object, written by several managers. */
class Scene<T extends KubeObject> {
  object: T | undefined
  readonly #kind: KindDefinition<T>

  constructor(kind: KindDefinition<T>) {
    this.#kind = kind
  }

  apply(manager: string, body: object, force = false): T {
    const applied = {
      apiVersion: 'v1',
      kind: this.#kind.kind,
      metadata: { name: 'a' },
      ...body,
    } as unknown as T
    this.object = applyObject(this.#kind.schema(), this.object, applied, { ...info(manager), force })
    return this.object
  }

  update(manager: string, next: object, more: Partial<WriteInfo> = {}): T {
    this.object = trackUpdate(
      this.#kind.schema(),
      this.object,
      { ...this.object, ...next } as T,
      info(manager, more),
    )
    return this.object
  }

  owners(): Record<string, unknown> {
    return Object.fromEntries(
      (this.object?.metadata?.managedFields ?? []).map((it) => [
        `${it.manager} ${it.operation}`,
        it.fieldsV1,
      ]),
    )
  }

  conflict(run: () => unknown): ApiError {
    try {
      run()
    } catch (error) {
      expect(error).toBeInstanceOf(ApiError)
      return error as ApiError
    }
    throw new Error('no conflict')
  }
}

describe('server-side apply', () => {
  test('an applier owns what it says', () => {
    const scene = new Scene(Pod)
    scene.apply('me', {
      metadata: { name: 'a', labels: { app: 'a' }, finalizers: ['x'] },
      spec: {
        containers: [
          { name: 'c', image: 'i', ports: [{ containerPort: 80 }], args: ['a', 'b'], resources: {} },
        ],
      },
    })
    expect(scene.object?.metadata?.managedFields).toEqual([
      {
        manager: 'me',
        operation: 'Apply',
        apiVersion: 'v1',
        time: NOW,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:finalizers': { 'v:"x"': {} }, 'f:labels': { 'f:app': {} } },
          'f:spec': {
            'f:containers': {
              'k:{"name":"c"}': {
                '.': {},
                'f:args': {},
                'f:image': {},
                'f:name': {},
                'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
                'f:resources': {},
              },
            },
          },
        },
      },
    ])
  })

  test('another value is a conflict, the same value is shared', () => {
    const scene = new Scene(ConfigMap)
    scene.apply('a', { data: { k: '1', l: '1' } })
    scene.apply('b', { data: { k: '1' } })
    expect(Object.keys(scene.owners())).toEqual(['a Apply', 'b Apply'])
    const error = scene.conflict(() => scene.apply('c', { data: { l: '2' } }))
    expect(error.message).toBe('Apply failed with 1 conflict: conflict with "a": .data.l')
    expect(error.status.details?.causes).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "a"', field: '.data.l' },
    ])
    const both = scene.conflict(() => scene.apply('c', { data: { k: '2', l: '2' } }))
    expect(both.message).toBe(
      'Apply failed with 3 conflicts: conflicts with "a":\n- .data.k\n- .data.l\nconflicts with "b":\n- .data.k',
    )
  })

  test('force takes the field away', () => {
    const scene = new Scene(ConfigMap)
    scene.apply('a', { data: { k: '1', l: '1' } })
    scene.apply('b', { data: { k: '2' } }, true)
    expect(scene.object?.data).toEqual({ k: '2', l: '1' })
    expect(scene.owners()).toEqual({
      'a Apply': { 'f:data': { 'f:l': {} } },
      'b Apply': { 'f:data': { 'f:k': {} } },
    })
  })

  test('what is applied no longer goes, unless someone else owns it', () => {
    const scene = new Scene(ConfigMap)
    scene.apply('a', { data: { k: '1', l: '1', m: '1' } })
    scene.apply('b', { data: { l: '1' } })
    scene.apply('a', { data: { k: '1' } })
    expect(scene.object?.data).toEqual({ k: '1', l: '1' })
    scene.apply('a', {})
    expect(scene.object?.data).toEqual({ l: '1' })
    scene.apply('b', {})
    expect(scene.object?.data).toBeUndefined()
  })

  test('an element goes with everything that was filled into it', () => {
    const scene = new Scene(Pod)
    scene.apply('me', {
      spec: {
        containers: [
          { name: 'a', image: 'i' },
          { name: 'b', image: 'j' },
        ],
      },
    })
    const spec = scene.object!.spec
    // The API server's defaults belong to nobody.
    scene.object = {
      ...scene.object!,
      spec: { ...spec, containers: spec.containers.map((it) => ({ ...it, imagePullPolicy: 'Always' })) },
    }
    scene.apply('me', { spec: { containers: [{ name: 'b', image: 'j' }] } })
    expect(scene.object?.spec.containers).toEqual([{ name: 'b', image: 'j', imagePullPolicy: 'Always' }])
  })

  test('ports with the same number and another protocol are others', () => {
    const scene = new Scene(Service)
    scene.apply('a', { spec: { ports: [{ name: 'x', port: 53, protocol: 'UDP' }] } })
    scene.apply('b', { spec: { ports: [{ name: 'y', port: 53, protocol: 'TCP' }] } })
    expect(scene.object?.spec.ports?.map((it) => it.protocol).toSorted()).toEqual(['TCP', 'UDP'])
  })

  test('the applied order holds, others keep their places', () => {
    const scene = new Scene(Pod)
    const named = (...names: string[]) => ({
      spec: { containers: names.map((name) => ({ name, image: 'i' })) },
    })
    scene.apply('a', named('a', 'b', 'c'))
    scene.apply('b', named('x', 'c', 'a'))
    expect(scene.object?.spec.containers.map((it) => it.name)).toEqual(['b', 'x', 'c', 'a'])
  })

  test('applying the same again changes nothing, not even references', () => {
    const scene = new Scene(ConfigMap)
    const first = scene.apply('a', { data: { k: '1' } })
    const second = scene.apply('a', { data: { k: '1' } })
    expect(second).toEqual(first)
    expect(second.metadata?.managedFields).toBe(first.metadata?.managedFields)
  })

  test('who says who owns what is refused', () => {
    const scene = new Scene(Pod)
    expect(() => scene.apply('a', { metadata: { managedFields: [] } })).toThrow(
      'metadata.managedFields must be nil',
    )
  })
})

describe('updates', () => {
  test('an update takes what it changes, from appliers too', () => {
    const scene = new Scene(Deployment)
    scene.apply('me', { spec: { replicas: 1, paused: true } })
    scene.update(
      'scaler',
      { spec: { ...scene.object!.spec, replicas: 3 } },
      { apiVersion: 'apps/v1', subresource: 'scale' },
    )
    expect(scene.owners()).toEqual({
      'me Apply': { 'f:spec': { 'f:paused': {} } },
      'scaler Update': { 'f:spec': { 'f:replicas': {} } },
    })
    const error = scene.conflict(() => scene.apply('me', { spec: { replicas: 1, paused: true } }))
    expect(error.message).toBe(
      'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas',
    )
  })

  test('a creator owns everything, with the objects around it', () => {
    const scene = new Scene(ConfigMap)
    scene.update('kubectl', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', uid: 'u', labels: { x: 'y' } },
      data: { k: '1' },
    })
    expect(scene.owners()).toEqual({
      'kubectl Update': {
        'f:data': { '.': {}, 'f:k': {} },
        'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } },
      },
    })
  })

  test('nobody owns what is gone', () => {
    const scene = new Scene(ConfigMap)
    scene.update('a', { metadata: { name: 'a' }, data: { k: '1', l: '1' } })
    scene.update('b', { data: { l: '1' } })
    expect(scene.owners()).toEqual({ 'a Update': { 'f:data': { '.': {}, 'f:l': {} } } })
  })

  test('what an endpoint ignores changes no owners', () => {
    const scene = new Scene(Pod)
    scene.update(
      'a',
      { metadata: { name: 'a' }, spec: { containers: [{ name: 'c' }] }, status: { phase: 'Pending' } },
      { ignored: ['status'] },
    )
    // A list that Go writes even when it is empty is there before its elements are.
    const containers = { 'k:{"name":"c"}': { '.': {}, 'f:name': {} } }
    expect(scene.owners()).toEqual({ 'a Update': { 'f:spec': { 'f:containers': containers } } })
  })

  test('an object older than its bookkeeping belongs to before-first-apply', () => {
    const scene = new Scene(ConfigMap)
    scene.object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: '1' } }
    expect(scene.conflict(() => scene.apply('me', { data: { k: '2' } })).message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.k',
    )
    scene.apply('me', { data: { k: '1' } })
    expect(Object.keys(scene.owners())).toEqual(['me Apply', 'before-first-apply Update'])
  })

  test('beyond ten updaters the oldest become one', () => {
    const scene = new Scene(ConfigMap)
    scene.update('m0', { metadata: { name: 'a' }, data: { k0: '' } })
    for (let i = 1; i < 14; i++) {
      scene.update(
        `m${i}`,
        { data: { ...scene.object!.data, [`k${i}`]: 'x' } },
        { now: `2026-01-01T00:00:${String(i).padStart(2, '0')}Z` },
      )
    }
    const names = (scene.object?.metadata?.managedFields ?? []).map((it) => it.manager)
    expect(names).toHaveLength(10)
    expect(names[0]).toBe('ancient-changes')
    expect(names.at(-1)).toBe('m13')
  })
})

test('sets of new objects are what their fields say, and the same for the same fields', () => {
  const written = (value: unknown, there: boolean): object => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
    const keys = Object.keys(value).sort()
    const below = keys.map((key) => [`f:${key}`, written((value as Record<string, unknown>)[key], false)])
    return Object.fromEntries([...(there || keys.length === 0 ? [] : [['.', {}]]), ...below])
  }
  const key = fc.constantFrom('a', 'b', '.', 'k:{"a":1}', 'v:"x"', 'constructor', 'f:a')
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('x', 1, null, ['y'], []),
      fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 4 }), (object) => {
      const { added } = allOf(object, undefined)
      const fields = encodeSet(added)
      expect(fields).toEqual(written(object, true))
      expect(JSON.stringify(fields)).toBe(JSON.stringify(written(object, true)))
      expect(encodeSet(allOf(structuredClone(object), undefined).added)).toBe(fields)
    }),
    { numRuns: 500 },
  )
})
