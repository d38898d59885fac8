/** Mutated bodies are answered with 2xx or 4xx and change nothing that all objects share. FUZZ=1000000 for the long run. */
import { expect, test } from 'vitest'
import { ApiError } from '../../src/api/errors.ts'
import { decodeProtobuf } from '../../src/api/protobuf/decode.ts'
import { parseBody } from '../../src/http/body.ts'
import { ADMIN, harness } from '../apiserver/harness.ts'
import { fuzzedBodies } from './fuzz.ts'

const COUNT = Number(process.env['FUZZ'] ?? 5000)
const RESOURCES = ['pods', 'configmaps', 'services']

test(`${COUNT} mutated bodies`, { timeout: 3_600_000 }, () => {
  const before = Reflect.ownKeys(Object.prototype)
  const { api } = harness({ admission: undefined })
  api.bootstrap()
  const codes = new Map<number, number>()
  let index = 0
  for (const { type, body } of fuzzedBodies(1, COUNT)) {
    const resource = RESOURCES[index++ % RESOURCES.length]!
    const code = answer(type, body, resource)
    codes.set(code, (codes.get(code) ?? 0) + 1)
    if (code >= 500 || code < 200)
      throw new Error(`${code} for ${JSON.stringify(body.toString('latin1'))} (${type})`)
  }
  expect([...codes.keys()].some((it) => it >= 200 && it < 300)).toBe(true)
  expect([...codes.keys()].some((it) => it >= 400)).toBe(true)
  expect(Reflect.ownKeys(Object.prototype)).toEqual(before)

  function answer(type: string, bytes: Buffer, resource: string): number {
    try {
      const protobuf = type === 'application/vnd.kubernetes.protobuf'
      const parsed = protobuf ? { value: decodeProtobuf(bytes), duplicates: [] } : parseBody(type, bytes)
      const response = api.handle({
        verb: 'create',
        group: '',
        version: 'v1',
        resource,
        namespace: 'default',
        body: parsed.value,
        duplicateFields: parsed.duplicates,
        options: { dryRun: true, fieldManager: 'fuzz' },
        user: ADMIN,
      })
      if (response instanceof Promise) throw new Error('the store is in memory')
      return response.code
    } catch (error) {
      if (error instanceof ApiError) return error.code
      throw new Error(`${String(error)} for ${JSON.stringify(bytes.toString('latin1'))} (${type})`, {
        cause: error,
      })
    }
  }
})
