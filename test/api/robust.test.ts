/**
 * Whatever has the right types goes through the whole road of a write without a crash: decoded, completed,
 * prepared, validated, compared, printed. Only an ApiError may stop it.
 */
import { deepStrictEqual } from 'node:assert'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { applyObject, trackUpdate } from '../../src/api/apply/managed-fields.ts'
import { decode } from '../../src/api/decode.ts'
import { ApiError } from '../../src/api/errors.ts'
import { FieldErrors } from '../../src/api/field-errors.ts'
import { apiVersionOf, type KindDefinition, type KubeObject } from '../../src/api/kind.ts'
import { SelectorError } from '../../src/api/label-selector.ts'
import { strategicMerge } from '../../src/api/patch/strategic-merge.ts'
import type { AnySchema } from '../../src/api/schema.ts'
import { BUILT_IN_KINDS } from '../../src/api/scheme.ts'
import { NOW_MS } from './accept.ts'

const RUNS = 150
const STRATEGY = { now: '2026-01-01T00:00:00Z', nowMs: NOW_MS }

/** Mulberry32: the same objects on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const STRINGS = [
  '',
  'a',
  'A.b/c',
  'web-1',
  'a/b/c',
  '25%',
  'Always',
  'RollingUpdate',
  'Recreate',
  'ClusterIP',
  'Resource',
  'In',
  'Exists',
  '10.0.0.1',
  '*',
  '__proto__',
  '0 0 * * *',
  'x'.repeat(300),
]
const NUMBERS = [0, 1, -1, 80, 65_536, 2_147_483_647, -2_147_483_648]
const KEYS = [
  'a',
  'app',
  'cpu',
  'memory',
  'example.com/gpu',
  'storage',
  '__proto__',
  'constructor',
  '/',
  'pods',
]

class Generator {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = randomFrom(seed)
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T
  }

  /** A value of the schema; each field is there or not. */
  value(schema: AnySchema, depth = 0): unknown {
    const some = depth < 7 ? 0.45 : 0.05
    switch (schema.type) {
      case 'struct': {
        const entries = Object.entries(schema.fields())
          .filter(([field]) => field !== 'apiVersion' && field !== 'kind')
          .filter(() => this.#random() < (depth < 2 ? 0.8 : some))
        return Object.fromEntries(
          entries.map(([field, child]) => [
            field,
            this.#random() < 0.03 ? null : this.value(child, depth + 1),
          ]),
        )
      }
      case 'list':
        return Array.from({ length: Math.floor(this.#random() * 3) }, () =>
          this.value(schema.items, depth + 1),
        )
      case 'map': {
        const keys = KEYS.filter(() => this.#random() < 0.2)
        return Object.fromEntries(keys.map((key) => [key, this.value(schema.values, depth + 1)]))
      }
      case 'int32':
      case 'int64':
      case 'double':
        return this.pick(NUMBERS)
      case 'boolean':
        return this.#random() < 0.5
      case 'quantity':
        return this.pick(['0', '1', '100m', '1Gi', '-5', 2])
      case 'time':
      case 'microTime':
        return '2026-01-01T00:00:00Z'
      case 'bytes':
        return this.pick(['', 'YQ=='])
      case 'intOrString':
        return this.#random() < 0.5 ? this.pick(NUMBERS) : this.pick(STRINGS)
      case 'json':
        return this.pick<unknown>([{ a: [1] }, 'a', 1, true])
      default:
        return this.pick(STRINGS)
    }
  }
}

function road(kind: KindDefinition, body: object): KubeObject {
  const { object } = decode(kind, { apiVersion: apiVersionOf(kind), kind: kind.kind, ...body })
  const complete = kind.defaults?.(object) ?? object
  return kind.prepareForCreate?.(complete, STRATEGY) ?? complete
}

/** An error that is an answer; everything else is a crash. */
function isAnswer(error: unknown): boolean {
  return error instanceof ApiError || error instanceof SelectorError
}

// Nearly every object is refused somewhere, and `expect` itself costs more than most of what it would look at.
beforeAll(() => {
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = 10
})

describe('random objects', () => {
  const named = BUILT_IN_KINDS.map(
    (kind, index) => [`${kind.kind} of ${apiVersionOf(kind)}`, kind, index] as const,
  )

  test.each(named)('%s', (_name, kind, index) => {
    const generator = new Generator(index + 1)
    const schema = kind.schema()
    const info = {
      manager: 'm',
      apiVersion: apiVersionOf(kind),
      subresource: '',
      now: STRATEGY.now,
      ignored: ['status'],
    }
    let old: KubeObject | undefined
    for (let run = 0; run < RUNS; run++) {
      const body = generator.value(schema) as object
      try {
        const object = road(kind, body)
        const errors = new FieldErrors()
        kind.validate?.(object, errors)
        const previous = old ?? object
        const next = kind.prepareForUpdate?.(object, previous, STRATEGY) ?? object
        kind.validateUpdate?.(next, previous, errors)
        kind.validateStatusUpdate?.(next, previous, errors)
        for (const { field, message } of errors.list)
          if (/undefined(?! to be structural)/.test(field + message)) throw new Error(`${field}: ${message}`)
        for (const column of kind.columns ?? [])
          if (column.cell(object, NOW_MS) === undefined) throw new Error(`no cell of ${column.name}`)
        for (const [name, field] of Object.entries(kind.selectableFields ?? {}))
          if (typeof field(object) !== 'string') throw new Error(`${name} is no string`)
        deepStrictEqual(decode(kind, object).object, object)
        trackUpdate(schema, previous, object, info)
        applyObject(schema, previous, decode(kind, body).object, { ...info, force: true })
        strategicMerge(previous, body, schema)
        old = object
      } catch (error) {
        if (!isAnswer(error) && !(error instanceof Error && error.name === 'PatchError')) {
          throw new Error(`run ${run}: ${JSON.stringify(body)}`, { cause: error })
        }
      }
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('objects of the wrong types', () => {
  test('are refused with 400, whatever they are', () => {
    const generator = new Generator(99)
    const wrong = [1, 'x', true, [], {}, [[]], { a: {} }, null, -0, '\u0000']
    let refused = 0
    for (const kind of BUILT_IN_KINDS) {
      const schema = kind.schema()
      for (let run = 0; run < 40; run++) {
        const body = generator.value(schema) as Record<string, unknown>
        const keys = Object.keys(body)
        if (keys.length > 0) body[generator.pick(keys)] = generator.pick(wrong)
        try {
          road(kind, body)
        } catch (error) {
          if (!(error instanceof ApiError))
            throw new Error(`${kind.kind}: ${JSON.stringify(body)}`, { cause: error })
          expect(error.code).toBe(400)
          refused++
        }
      }
    }
    expect(refused).toBeGreaterThan(100)
  })
})
