import { describe, expect, test } from 'vitest'
import { CustomResourceDefinition } from '../../../src/api/apiextensions/custom-resource-definition.ts'
import type { JSONSchemaProps } from '../../../src/api/apiextensions/json-schema.ts'
import { applyObject } from '../../../src/api/apply/managed-fields.ts'
import { customKinds, storageVersionOf } from '../../../src/api/custom/custom-kind.ts'
import { loadEngines, needsEngines } from '../../../src/api/custom/engines.ts'
import { compileJsonPath } from '../../../src/api/custom/json-path.ts'
import { decode } from '../../../src/api/decode.ts'
import { FieldErrors } from '../../../src/api/field-errors.ts'
import type { KindDefinition, KubeObject } from '../../../src/api/kind.ts'
import { accept, NOW_MS, problems as problemsOf } from '../accept.ts'

const engines = await loadEngines()

function definition(spec: JSONSchemaProps, version: object = {}): CustomResourceDefinition {
  return accept(CustomResourceDefinition, {
    metadata: { name: 'crontabs.stable.example.com' },
    spec: {
      group: 'stable.example.com',
      scope: 'Namespaced',
      names: { plural: 'crontabs', kind: 'CronTab', shortNames: ['ct'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
            },
          },
          ...version,
        },
      ],
    },
  })
}

function kindOf(spec: JSONSchemaProps, version: object = {}): KindDefinition {
  return customKinds(definition(spec, version), engines)[0]!
}

const cron = (spec: unknown) => ({
  apiVersion: 'stable.example.com/v1',
  kind: 'CronTab',
  metadata: { name: 'a' },
  spec,
})

function problems(spec: JSONSchemaProps, value: unknown, old?: unknown): string[] {
  const kind = kindOf(spec)
  const errors = new FieldErrors()
  kind.validate?.(accept(kind, cron(value)), errors, old === undefined ? undefined : accept(kind, cron(old)))
  return errors.list.map(({ field, message }) => `${field}: ${message}`)
}

const object = (
  properties: Record<string, JSONSchemaProps>,
  more: JSONSchemaProps = {},
): JSONSchemaProps => ({ type: 'object', properties, ...more })
const rule = (text: string, more: object = {}) => ({ 'x-kubernetes-validations': [{ rule: text, ...more }] })

describe('definitions', () => {
  test('names are filled in, stored versions noted', () => {
    const crd = definition(object({}))
    expect(crd.spec.names).toEqual({
      plural: 'crontabs',
      kind: 'CronTab',
      shortNames: ['ct'],
      singular: 'crontab',
      listKind: 'CronTabList',
    })
    expect(crd.status?.storedVersions).toEqual(['v1'])
    expect(storageVersionOf(crd)).toBe('v1')
    expect(kindOf(object({}))).toMatchObject({
      kind: 'CronTab',
      resource: 'crontabs',
      shortNames: ['ct'],
      storagePrefix: 'stable.example.com/crontabs',
      status: false,
      unconditionalUpdate: false,
    })
  })

  test.each([
    {
      why: 'no type',
      spec: { properties: { a: { type: 'string' } } },
      want: 'Required value: must not be empty for specified object fields',
    },
    {
      why: 'list map without keys',
      spec: object({ a: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' } }),
      want: 'must not be empty if x-kubernetes-list-type is map',
    },
    {
      why: 'type within anyOf',
      spec: object({ a: { type: 'string', anyOf: [{ type: 'string' }] } }),
      want: 'Forbidden: must be undefined to be structural',
    },
    { why: '$ref', spec: object({ a: { $ref: '#/x' } }), want: '$ref is not supported' },
  ])('$why is not structural', ({ spec, want }) => {
    const { metadata, spec: crd } = definition(spec)
    expect(
      problemsOf(CustomResourceDefinition, { metadata: { name: metadata!.name }, spec: crd }).join('\n'),
    ).toContain(want)
  })

  test('the name must say plural and group', () => {
    const { spec } = definition(object({}))
    expect(problemsOf(CustomResourceDefinition, { metadata: { name: 'x' }, spec })).toEqual([
      'metadata.name: Invalid value: "x": must be spec.names.plural+"."+spec.group',
    ])
  })
})

describe('reading', () => {
  const spec = object({
    replicas: { type: 'integer', default: 1 },
    suspend: { type: 'boolean' },
    template: object({ image: { type: 'string', default: 'nginx' } }, { default: {} }),
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
  })

  test('undeclared fields go, defaults come, zeros stay', () => {
    const kind = kindOf(spec)
    const body = cron({
      replicas: 0,
      suspend: false,
      unknown: 1,
      free: { a: { b: 1 } },
      labels: { constructor: 'x' },
    })
    const { object: read, warnings } = decode(kind, body, { fieldValidation: 'Warn' })
    expect(warnings).toEqual(['unknown field "spec.unknown"'])
    expect(kind.defaults?.(read)).toEqual({
      ...cron({
        replicas: 0,
        suspend: false,
        free: { a: { b: 1 } },
        labels: { constructor: 'x' },
        template: { image: 'nginx' },
      }),
    })
    expect(() => decode(kind, body, { fieldValidation: 'Strict' })).toThrow(
      'strict decoding error: unknown field "spec.unknown"',
    )
  })

  test('a null gives way to a default, or goes', () => {
    const kind = kindOf(spec)
    expect(accept(kind, cron({ replicas: null, suspend: null }))).toEqual(
      cron({ replicas: 1, template: { image: 'nginx' } }),
    )
  })

  test('what is complete stays as it is', () => {
    const kind = kindOf(spec)
    const complete = kind.defaults!(decode(kind, cron({})).object)
    expect(kind.defaults!(complete)).toBe(complete)
    expect(decode(kind, complete).object).toBe(complete)
  })
})

describe('validation', () => {
  test.each([
    [
      { type: 'integer' },
      'x',
      'spec: Invalid value: "string": spec in body must be of type integer: "string"',
    ],
    [
      { type: 'integer' },
      1.5,
      'spec: Invalid value: "number": spec in body must be of type integer: "number"',
    ],
    [
      { type: 'integer', maximum: 10 },
      20,
      'spec: Invalid value: 20: spec in body should be less than or equal to 10',
    ],
    [
      { type: 'integer', minimum: 1, exclusiveMinimum: true },
      1,
      'spec: Invalid value: 1: spec in body should be greater than 1',
    ],
    [
      { type: 'string', pattern: '^a+$' },
      'b',
      'spec: Invalid value: "b": spec in body should match \'^a+$\'',
    ],
    [{ type: 'string', enum: ['a', 'b'] }, 'c', 'spec: Unsupported value: "c": supported values: "a", "b"'],
    [{ type: 'string', maxLength: 1 }, 'ab', 'spec: Too long: may not be more than 1 bytes'],
    [
      { type: 'string', format: 'date-time' },
      'soon',
      'spec: Invalid value: "soon": spec in body must be of type date-time: "soon"',
    ],
    [object({ a: { type: 'string' } }, { required: ['a'] }), {}, 'spec.a: Required value'],
    [
      { type: 'array', items: { type: 'string' }, maxItems: 1 },
      ['a', 'b'],
      'spec: Too many: 2: must have at most 1 item',
    ],
    [
      { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
      ['a', 'a'],
      'spec[1]: Duplicate value: "a"',
    ],
    [
      { type: 'array', items: { type: 'integer' } },
      [1, 'a'],
      'spec[1]: Invalid value: "string": spec[1] in body must be of type integer: "string"',
    ],
    [
      object(
        {},
        { oneOf: [{ required: ['a'] }, { required: ['b'] }], 'x-kubernetes-preserve-unknown-fields': true },
      ),
      {},
      'spec: Invalid value: {}: spec in body must validate one and only one schema (oneOf). Found none valid',
    ],
    [
      { 'x-kubernetes-int-or-string': true },
      true,
      'spec: Invalid value: "boolean": spec in body must be of type integer,string: "boolean"',
    ],
  ] as [JSONSchemaProps, unknown, string][])('%j of %j', (schema, value, want) => {
    expect(problems(schema, value)).toEqual([want])
  })

  test('what was wrong before and has not changed is let through', () => {
    const schema = object({ a: { type: 'integer', maximum: 1 }, b: { type: 'integer', maximum: 1 } })
    expect(problems(schema, { a: 5, b: 0 }, { a: 5, b: 1 })).toEqual([])
    expect(problems(schema, { a: 5, b: 2 }, { a: 5, b: 1 })).toHaveLength(1)
  })
})

describe('rules', () => {
  const sized = object(
    { min: { type: 'integer' }, max: { type: 'integer' } },
    rule('self.min <= self.max', { message: 'min must not exceed max' }),
  )

  test('a rule that fails says its message', () => {
    expect(problems(sized, { min: 1, max: 2 })).toEqual([])
    expect(problems(sized, { min: 3, max: 2 })).toEqual([
      'spec: Invalid value: "object": min must not exceed max',
    ])
  })

  test.each([
    { rule: 'self.size() < 3', type: 'string', bad: 'abcd', good: 'a' },
    { rule: 'self.matches("^[a-z]+$")', type: 'string', bad: 'A', good: 'a' },
    { rule: 'self.startsWith("a.matches(")', type: 'string', bad: 'b', good: 'a.matches(x)' },
    {
      rule: 'isQuantity(self) && quantity(self).isLessThan(quantity("1Gi"))',
      type: 'string',
      bad: '2Gi',
      good: '1Mi',
    },
    { rule: 'isIP(self)', type: 'string', bad: 'x', good: '10.0.0.1' },
    { rule: 'self > 5', type: 'integer', bad: 5, good: 6 },
    { rule: 'self > 5.5', type: 'number', bad: 5, good: 6 },
  ])('$rule', ({ rule: text, type, bad, good }) => {
    const schema = { type, ...rule(text) }
    expect(problems(schema, good)).toEqual([])
    expect(problems(schema, bad)[0]).toContain(`failed rule: ${text}`)
  })

  test('lists and maps', () => {
    const schema = object(
      {
        ports: { type: 'array', items: { type: 'integer' } },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
      },
      rule('self.ports.all(p, p > 0) && self.labels.all(k, self.labels[k] != "")'),
    )
    expect(problems(schema, { ports: [1, 2], labels: { __proto__x: 'a' } })).toEqual([])
    expect(problems(schema, { ports: [0], labels: {} })).toHaveLength(1)
  })

  test('transition rules look at updates only', () => {
    const schema = object({
      size: { type: 'integer', ...rule('self >= oldSelf', { message: 'may only grow' }) },
    })
    expect(problems(schema, { size: 1 })).toEqual([])
    expect(problems(schema, { size: 1 }, { size: 2 })).toEqual([
      'spec.size: Invalid value: "integer": may only grow',
    ])
    expect(problems(schema, { size: 3 }, { size: 2 })).toEqual([])
  })

  test('names that CEL cannot spell are escaped', () => {
    const schema = object(
      { 'a-b': { type: 'integer' }, namespace: { type: 'string' } },
      rule('self.a__dash__b > 0 && self.__namespace__ == "x"'),
    )
    expect(problems(schema, { 'a-b': 1, namespace: 'x' })).toEqual([])
  })

  test('a field path, a reason and a computed message', () => {
    const schema = object(
      { a: { type: 'integer' } },
      rule('self.a < 5', {
        fieldPath: '.a',
        reason: 'FieldValueForbidden',
        messageExpression: '"a is " + string(self.a)',
      }),
    )
    expect(problems(schema, { a: 7 })).toEqual(['spec.a: Forbidden: a is 7'])
  })

  test('a broken rule is told, not thrown', () => {
    expect(problems({ type: 'string', ...rule('self.') }, 'a')[0]).toContain('rule compile error')
    expect(
      problems(
        object({}, { ...rule('self.nope == 1'), 'x-kubernetes-preserve-unknown-fields': true }),
        {},
      )[0],
    ).toContain('evaluating rule')
  })

  test('a rule that costs too much ends validation, and so do many that cost too much together', () => {
    // Looking for a text in a text costs the product of their lengths; errors that `||` would swallow count too.
    const text = { type: 'string', ...rule('self.contains(self) || true') }
    const [problem] = problems(text, 'x'.repeat(12_000))
    expect(problem).toContain(
      "'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.contains(self) || true",
    )
    const long = 'x'.repeat(9000)
    expect(problems(text, long)).toEqual([])
    const texts = object({ texts: { type: 'array', items: text } })
    expect(problems(texts, { texts: Array(10).fill(long) })).toEqual([])
    const many = problems(texts, { texts: Array(20).fill(long) })
    expect(many).toHaveLength(1)
    expect(many[0]).toContain(
      'validation failed due to running out of cost budget, no further validation rules will be run',
    )
    const loop = {
      type: 'array',
      items: { type: 'integer' },
      ...rule('self.all(x, self.all(y, x + y >= 0))'),
    }
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)
    expect(problems(loop, numbers(100))).toEqual([])
    expect(problems(loop, numbers(400))[0]).toContain('actual cost limit exceeded')
  })

  test('patterns and rules take linear time', () => {
    const evil = 'a'.repeat(30_000)
    expect(problems({ type: 'string', pattern: '^(a+)+$' }, `${evil}!`)).toHaveLength(1)
    expect(problems({ type: 'string', ...rule('self.matches("^(a+)+$")') }, `${evil}!`)).toHaveLength(1)
  })

  test('engines are asked for only by schemas that need them', () => {
    expect(needsEngines(object({ a: { type: 'string' } }))).toBe(false)
    expect(needsEngines(object({ a: { type: 'array', items: { type: 'string', pattern: 'x' } } }))).toBe(true)
  })
})

describe('columns, fields and apply', () => {
  const version = {
    additionalPrinterColumns: [
      { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Since', type: 'date', jsonPath: '.metadata.creationTimestamp', priority: 1 },
    ],
    selectableFields: [{ jsonPath: '.spec.color' }],
    subresources: {
      status: {},
      scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' },
    },
  }
  const kind = kindOf(
    object({
      size: { type: 'integer' },
      color: { type: 'string' },
      ports: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['port'],
        items: object({ port: { type: 'integer' }, name: { type: 'string' } }),
      },
    }),
    version,
  )
  const stored = {
    ...cron({ size: 3, color: 'red' }),
    metadata: { name: 'a', creationTimestamp: '2025-12-31T23:55:00Z' },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  } as KubeObject

  test('cells come from paths', () => {
    expect(kind.columns?.map((it) => [it.name, it.wide ?? false, it.cell(stored, NOW_MS)])).toEqual([
      ['Name', false, 'a'],
      ['Size', false, 3],
      ['Ready', false, 'True'],
      ['Since', true, '5m'],
    ])
    expect(kindOf(object({})).columns?.map((it) => it.name)).toEqual(['Name', 'Age'])
  })

  test('fields can be selected, replicas scaled', () => {
    expect(kind.selectableFields?.['spec.color']?.(stored)).toBe('red')
    expect(kind.scale).toEqual({ spec: '.spec.size', status: '.status.size' })
    expect(kind.status).toBe(true)
  })

  test('keyed lists are owned by element', () => {
    const info = { apiVersion: 'stable.example.com/v1', subresource: '', now: '', ignored: [], force: false }
    const ports = (port: number) => cron({ ports: [{ port, name: 'x' }] }) as KubeObject
    const first = applyObject(kind.schema(), undefined, ports(1), { ...info, manager: 'a' })
    const both = applyObject(kind.schema(), first, ports(2), { ...info, manager: 'b' }) as KubeObject & {
      spec: { ports: unknown[] }
    }
    expect(both.spec.ports).toHaveLength(2)
  })

  test.each([
    ['.a.b', { a: { b: 1 } }, [1]],
    ['{.a[0]}', { a: [1, 2] }, [1]],
    ['.a[-1]', { a: [1, 2] }, [2]],
    ['.a[*].b', { a: [{ b: 1 }, { b: 2 }] }, [1, 2]],
    [".a['x.y']", { a: { 'x.y': 1 } }, [1]],
    ['.a.x\\.y', { a: { 'x.y': 1 } }, [1]],
    ['.a[?(@.n>1)].n', { a: [{ n: 1 }, { n: 2 }] }, [2]],
    ['.constructor', {}, []],
  ])('%s', (path, value, want) => {
    expect(compileJsonPath(path)?.(value)).toEqual(want)
  })

  test('what is no path is none', () => {
    expect(compileJsonPath('a b')).toBeUndefined()
  })
})

test('deprecated versions say so, and what to use', () => {
  const deprecated = (version: object) =>
    kindOf({ type: 'object' }, { deprecated: true, ...version }).deprecated
  expect(deprecated({ name: 'v1beta1' })).toBe('stable.example.com/v1beta1 CronTab is deprecated')
  expect(deprecated({ deprecationWarning: 'use something else' })).toBe('use something else')
  const { spec, ...rest } = definition({ type: 'object' })
  const versions = [spec.versions![0]!, { ...spec.versions![0]!, name: 'v1alpha1', deprecated: true }]
  const kinds = customKinds({ ...rest, spec: { ...spec, versions } }, engines)
  expect(kinds.map((it) => it.deprecated)).toEqual([
    undefined,
    'stable.example.com/v1alpha1 CronTab is deprecated; use stable.example.com/v1 CronTab',
  ])
})
