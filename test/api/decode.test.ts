import { describe, expect, test } from 'vitest'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { Secret } from '../../src/api/core/secret.ts'
import { decode } from '../../src/api/decode.ts'
import { ApiError } from '../../src/api/errors.ts'

const pod = (spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec })
const container = (more: object = {}) => ({ name: 'c', image: 'nginx', ...more })

function refusal(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError)
    expect((error as ApiError).reason).toBe('BadRequest')
    return (error as ApiError).message
  }
  throw new Error('nothing was refused')
}

describe('decode', () => {
  test('zeros vanish, unless a pointer stands behind them', () => {
    const { object } = decode(Deployment, {
      metadata: { name: 'a', creationTimestamp: null, labels: {} },
      spec: {
        replicas: 0,
        paused: false,
        minReadySeconds: 0,
        selector: {},
        template: { spec: { containers: [] } },
      },
      status: { replicas: 0 },
    })
    expect(object).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a' },
      spec: { replicas: 0, selector: {}, strategy: {}, template: { metadata: {}, spec: { containers: [] } } },
      status: {},
    })
  })

  test('everything is frozen', () => {
    const { object } = decode(
      Pod,
      pod({ containers: [container({ command: ['a'] })], nodeSelector: { a: 'b' } }),
    )
    expect(Object.isFrozen(object)).toBe(true)
    expect(Object.isFrozen(object.spec.containers[0]?.command)).toBe(true)
    expect(Object.isFrozen(object.spec.nodeSelector)).toBe(true)
    expect(Object.isFrozen(object.metadata)).toBe(true)
  })

  test('a second time through changes nothing, not even references', () => {
    const first = decode(Pod, pod({ containers: [container()] })).object
    expect(decode(Pod, first).object).toBe(first)
    const second = decode(Pod, { ...first, metadata: { name: 'b' } }).object
    expect(second.spec).toBe(first.spec)
  })

  test('quantities become canonical, in resource lists not finer than 1m', () => {
    const resources = { limits: { cpu: 1.5, memory: '1024Mi', 'example.com/x': '100u' } }
    const { object } = decode(Pod, pod({ containers: [container({ resources })] }))
    expect(object.spec.containers[0]?.resources?.limits).toEqual({
      cpu: '1500m',
      memory: '1Gi',
      'example.com/x': '1m',
    })
  })

  test('times become UTC and whole seconds', () => {
    const { object } = decode(Pod, {
      ...pod({ containers: [] }),
      status: { startTime: '2026-01-01T02:00:00.9+01:00' },
    })
    expect(object.status?.startTime).toBe('2026-01-01T01:00:00Z')
  })

  test('unknown fields are pruned, reported or refused', () => {
    const body = { ...pod({ containers: [container({ imag: 'x' })], foo: 1 }), constructor: 1 }
    const want = [
      'unknown field "constructor"',
      'unknown field "spec.containers[0].imag"',
      'unknown field "spec.foo"',
    ]
    expect(decode(Pod, body, { fieldValidation: 'Warn' }).warnings.toSorted()).toEqual(want)
    const { object, warnings } = decode(Pod, body)
    expect(warnings).toEqual([])
    expect(object.spec).toEqual({ containers: [{ name: 'c', image: 'nginx', resources: {} }] })
    expect(
      refusal(() => decode(Pod, pod({ containers: [], x: 1, y: null }), { fieldValidation: 'Strict' })),
    ).toBe(
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.x", unknown field "spec.y"',
    )
  })

  test.each([
    {
      body: { spec: { replicas: 'three' } },
      want: 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    },
    {
      body: { spec: { replicas: 1.5 } },
      want: 'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    },
    {
      body: { spec: { template: { spec: { containers: [{ name: 'a', env: [{ name: 'A', value: 1 }] }] } } } },
      want: 'json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
    },
    {
      body: { spec: { template: { spec: { containers: { name: 'a' } } } } },
      want: 'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    },
    {
      body: { metadata: { labels: ['a'] } },
      want: 'json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    },
    {
      body: { spec: { template: { spec: { containers: [{ resources: { limits: { cpu: 'lots' } } }] } } } },
      want: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    },
    { body: [], want: 'json: cannot unmarshal array into Go value of type v1.Deployment' },
  ])('$want', ({ body, want }) => {
    expect(refusal(() => decode(Deployment, body))).toBe(
      `Deployment in version "v1" cannot be handled as a Deployment: ${want}`,
    )
  })

  test('another kind or version is refused', () => {
    expect(refusal(() => decode(Pod, { apiVersion: 'v2', kind: 'Pod' }))).toBe(
      'the API version in the data (v2) does not match the expected API version (v1)',
    )
    expect(refusal(() => decode(Pod, { apiVersion: 'v1', kind: 'Node' }))).toContain(
      'cannot be handled as a Pod',
    )
  })

  test('keys of maps are data, whatever they are called', () => {
    const data = JSON.parse('{"__proto__":"a","constructor":"b","empty":null}')
    const { object } = decode(ConfigMap, { metadata: { name: 'a' }, data })
    expect(Object.keys(object.data ?? {}).toSorted()).toEqual(['__proto__', 'constructor', 'empty'])
    expect(Object.getPrototypeOf(object.data)).toBe(Object.prototype)
    expect(({} as Record<string, unknown>)['a']).toBeUndefined()
  })

  test('secrets must be base64', () => {
    expect(decode(Secret, { data: { a: 'YQ==\n' } }).object.data).toEqual({ a: 'YQ==' })
    expect(refusal(() => decode(Secret, { data: { a: 'Y*==' } }))).toContain(
      'illegal base64 data at input byte 1',
    )
    expect(refusal(() => decode(Secret, { data: { a: 'YQ=' } }))).toContain('illegal base64 data')
  })

  test('the largest integers that JSON carries are kept as numbers', () => {
    const body = { spec: { containers: [], activeDeadlineSeconds: 2 ** 40 } }
    expect(decode(Pod, body).object.spec.activeDeadlineSeconds).toBe(2 ** 40)
    expect(refusal(() => decode(Pod, { spec: { containers: [], priority: 2 ** 40 } }))).toContain(
      'of type int32',
    )
  })
})
