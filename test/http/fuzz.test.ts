/**
 * Mutated bodies are answered with 2xx or 4xx, leave nothing behind and change nothing that all objects share.
 * FUZZ=1000000 for the long run, FUZZ_SEED for other bodies.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { ApiError } from '../../src/api/errors.ts'
import type { ApiRequest, PatchType } from '../../src/api/request.ts'
import { parseBody } from '../../src/http/body.ts'
import { encodeObject } from '../../src/http/encode.ts'
import { ADMIN, harness } from '../apiserver/harness.ts'
import { fuzzedBodies } from './fuzz.ts'

const COUNT = Number(process.env['FUZZ'] ?? 2000)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
/** Writes are recorded, in a journal that is bounded as that of a served cluster: what it keeps is no leak. */
const JOURNAL_ENTRIES = 1000
const RESOURCES = ['pods', 'configmaps', 'services']
const SHARED = [Object, Array, Function, String, Number, Map, Set, Promise].map((it) => it.prototype)
/** A request leaves nothing behind; this is what a heap grows by when it has seen all there is to see. */
const GROWTH_MAX = 32 * 1024 * 1024

test(`${COUNT} mutated bodies`, { timeout: 7_200_000 }, () => {
  // Refusals are exceptions, and their stacks cost more than all the rest.
  Error.stackTraceLimit = 0
  const before = shared()
  const { api } = harness({ admission: undefined, authorization: 'RBAC' }, JOURNAL_ENTRIES)
  api.bootstrap()
  for (const [resource, spec] of [
    [
      'pods',
      {
        spec: {
          containers: [
            { name: 'c', image: 'i' },
            { name: 'd', image: 'i' },
          ],
        },
      },
    ],
    ['configmaps', { data: { a: 'b' } }],
    ['services', { spec: { ports: [{ port: 80 }] } }],
  ] as const) {
    const made = api.handle({
      ...of(resource),
      verb: 'create',
      body: { metadata: { name: 'target' }, ...spec },
    })
    expect(made).toMatchObject({ code: 201 })
  }
  const codes = new Map<string, number>()
  let heap = Number.NaN
  let index = 0
  for (const { type, body } of fuzzedBodies(SEED, COUNT)) {
    const code = answer(type, body, RESOURCES[index % RESOURCES.length]!, index % 2 === 0)
    const counted = `${type} ${code < 300 ? 2 : 4}xx`
    codes.set(counted, (codes.get(counted) ?? 0) + 1)
    if (code >= 500 || code < 200)
      throw new Error(`${code} for ${JSON.stringify(body.toString('latin1'))} (${type})`)
    if (++index === Math.ceil(COUNT / 10)) heap = heapUsed()
  }
  for (const type of new Set([...fuzzedBodies(1, 200)].map((it) => it.type))) {
    expect([type, codes.get(`${type} 2xx`)]).toEqual([type, expect.any(Number)])
    expect([type, codes.get(`${type} 4xx`)]).toEqual([type, expect.any(Number)])
  }
  const after = shared()
  expect(after.length === before.length && after.every((it, i) => it === before[i])).toBe(true)
  expect(heapUsed() - heap).toBeLessThan(GROWTH_MAX)

  function of(resource: string) {
    const options = { fieldManager: 'fuzz', force: true }
    return { group: '', version: 'v1', resource, namespace: 'default', user: ADMIN, options }
  }

  function answer(type: string, bytes: Buffer, resource: string, anew: boolean): number {
    try {
      const { value, duplicates } = parseBody(type, bytes)
      const patching = type.includes('patch')
      const base = of(resource)
      const request: ApiRequest = {
        ...base,
        verb: patching ? 'patch' : anew ? 'create' : 'update',
        name: patching || !anew ? 'target' : undefined,
        body: value,
        patchType: patching ? (type as PatchType) : undefined,
        duplicateFields: duplicates,
        options: {
          ...base.options,
          dryRun: true,
          ...(patching && !type.includes('apply') ? { force: undefined } : {}),
        },
      }
      const response = api.handle(request)
      if (response instanceof Promise) throw new Error('the store is in memory')
      if (response.ok) encodeObject(response.body as object)
      return response.code
    } catch (error) {
      if (error instanceof ApiError) return error.code
      throw new Error(`${String(error)} for ${JSON.stringify(bytes.toString('latin1'))} (${type})`, {
        cause: error,
      })
    }
  }
})

/** All that hangs on the prototypes, one after the other. */
function shared(): unknown[] {
  return SHARED.flatMap((it) =>
    Reflect.ownKeys(it).flatMap((key) => {
      const { value, get, set } = Reflect.getOwnPropertyDescriptor(it, key)!
      return [key, value, get, set]
    }),
  )
}

/** After everything that can go has gone. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
