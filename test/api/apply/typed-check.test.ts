/** What upstream answers to applied objects that have another form than their schema. */
import { expect, test } from 'vitest'
import { typingErrors } from '../../../src/api/apply/typed-check.ts'
import { Deployment } from '../../../src/api/apps/deployment.ts'
import { Node } from '../../../src/api/core/node.ts'
import type { AnySchema } from '../../../src/api/schema.ts'

const pod = (spec: object) => ({ spec: { template: { spec } } })
const container = (more: object) => pod({ containers: [{ name: 'c', ...more }] })
const AT = '.spec.template.spec.containers'

test.each([
  [{ foo: 1, bar: 2 }, '.foo: field not declared in schema'],
  [{ spec: 'x' }, '.spec: expected map, got &{x}'],
  [{ spec: { replicas: 'x' } }, '.spec.replicas: expected numeric (int or float), got string'],
  [{ spec: { paused: 'yes' } }, '.spec.paused: expected boolean, got &{yes}'],
  [pod({ containers: { a: 1 } }), `${AT}: expected list, got &{map[a:1]}`],
  [pod({ containers: [{ name: 'c' }, { name: 'c' }] }), `${AT}: duplicate entries for key [name="c"]`],
  [{ metadata: { finalizers: ['a/b', 'a/b'] } }, '.metadata.finalizers: duplicate entries for key [="a/b"]'],
  [
    { metadata: { labels: { a: 1 } } },
    '.metadata.labels.a: expected string, got &value.valueUnstructured{Value:1}',
  ],
  [
    container({ env: [{ name: 'A', value: 5 }] }),
    `${AT}[name="c"].env[name="A"].value: expected string, got &value.valueUnstructured{Value:5}`,
  ],
  [
    container({ ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }] }),
    `${AT}[name="c"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]`,
  ],
])('%j', (object, problem) => {
  expect(typingErrors(object, Deployment.schema() as AnySchema)).toEqual([problem])
})

test.each([
  pod({ containers: [{ image: 'i' }] }),
  pod({ containers: null }),
  container({ resources: { limits: { cpu: 1 } }, livenessProbe: { httpGet: { port: 'web' } } }),
])('%j has the form of its schema', (object) => {
  expect(typingErrors(object, Deployment.schema() as AnySchema)).toEqual([])
})

test('a key that has no default must be given', () => {
  const schema = { type: 'list', keys: ['a'], items: { ...Node.schema(), required: [] } } as AnySchema
  expect(typingErrors([{}], schema)).toEqual([
    ': element 0: associative list with keys has an element that omits key field "a" (and doesn\'t have default value)',
  ])
})
