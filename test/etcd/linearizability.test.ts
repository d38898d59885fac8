/** The checker on histories whose verdict is known, and the store behind slow messages. */
import { describe, expect, test } from 'vitest'
import { Store } from '../../src/etcd/store.ts'
import { simulateClients } from './checks/concurrent-clients.ts'
import { type KvInput, type KvOutput, kvModel } from './checks/kv-model.ts'
import { isLinearizable, type Model, type Operation } from './checks/linearizability.ts'

type RegisterInput = { readonly write: number } | { readonly read: true }

const register: Model<number, RegisterInput, number> = {
  init: () => 0,
  step: (state, input, output) => ('write' in input ? input.write : output === state ? state : undefined),
  key: (state) => `${state}`,
}

/** `[call, return, input, output]` */
type Line = readonly [number, number, RegisterInput, number]

const write = (value: number): RegisterInput => ({ write: value })
const read: RegisterInput = { read: true }

describe('the checker', () => {
  test.each<{ name: string; lines: Line[]; want: boolean }>([
    {
      name: 'a read during a write may see either value',
      want: true,
      lines: [
        [0, 100, write(100), 0],
        [25, 75, read, 100],
        [30, 60, read, 0],
      ],
    },
    {
      name: 'once seen, a write stays seen',
      want: false,
      lines: [
        [0, 100, write(200), 0],
        [10, 30, read, 200],
        [40, 90, read, 0],
      ],
    },
    {
      name: 'a read after a write sees it',
      want: false,
      lines: [
        [0, 10, write(1), 0],
        [20, 30, read, 0],
      ],
    },
    {
      name: 'two writes at once, in the order that a later read tells',
      want: true,
      lines: [
        [0, 10, write(1), 0],
        [0, 10, write(2), 0],
        [20, 30, read, 1],
      ],
    },
    {
      name: 'two readers may not disagree about the order',
      want: false,
      lines: [
        [0, 100, write(1), 0],
        [0, 100, write(2), 0],
        [10, 20, read, 1],
        [30, 40, read, 2],
        [50, 60, read, 1],
      ],
    },
    { name: 'an empty history is fine', want: true, lines: [] },
  ])('$name', ({ lines, want }) => {
    const history: Operation<RegisterInput, number>[] = lines.map(([call, end, input, output]) => ({
      call,
      return: end,
      input,
      output,
    }))
    expect(isLinearizable(register, history)).toBe(want)
  })
})

function serveFrom(store: Store<string>): (input: KvInput) => KvOutput {
  return (input) => {
    const { key } = input
    switch (input.kind) {
      case 'get': {
        const kv = store.get(key)
        return { revision: store.revision, value: kv?.value, modRevision: kv?.modRevision }
      }
      case 'put':
        return { revision: store.put({ key, value: input.value }).revision }
      case 'delete': {
        const { deleted, revision } = store.deleteRange({ key })
        return { revision, done: deleted === 1 }
      }
      case 'swap': {
        const { modRevision, value } = input
        const { succeeded, revision } = store.txn({
          compare: [{ key, target: 'MOD', result: 'EQUAL', modRevision }],
          success: [{ put: { key, value } }],
        })
        return { revision, done: succeeded }
      }
    }
  }
}

const clients = (seed: number) => ({ seed, clients: 4, operationsEach: 6 })

test('concurrent histories of the store are linearizable', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const history = simulateClients(clients(seed), serveFrom(new Store<string>()))
    expect(history.length).toBe(24)
    expect(isLinearizable(kvModel(1), history), `seed ${seed}`).toBe(true)
  }
})

test('a store that reads stale or forgets a swap is found out', () => {
  let stale = 0
  let forgetful = 0
  for (let seed = 1; seed <= 50; seed++) {
    const store = new Store<string>()
    const serve = serveFrom(store)
    const old = simulateClients(clients(seed), (input) => {
      if (input.kind !== 'get' || store.revision < 4) return serve(input)
      const kv = store.get(input.key, store.revision - 2)
      return { revision: store.revision - 2, value: kv?.value, modRevision: kv?.modRevision }
    })
    if (!isLinearizable(kvModel(1), old)) stale++

    const other = new Store<string>()
    const serveOther = serveFrom(other)
    const lost = simulateClients(clients(seed), (input) =>
      input.kind === 'swap' ? { revision: other.revision + 1, done: true } : serveOther(input),
    )
    if (!isLinearizable(kvModel(1), lost)) forgetful++
  }
  expect(stale).toBeGreaterThan(35)
  expect(forgetful).toBeGreaterThan(35)
})
