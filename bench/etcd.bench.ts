/** What the store can do on one core. Each `run` measures once and returns a rate, higher is better. */
import { Store } from '../src/etcd/store.ts'

export interface Bench {
  readonly name: string
  readonly unit: string
  run(): number
}

const KEYS = 200_000
/** As a pod's key looks like: a long common beginning, and a random end. */
const podKey = (i: number) => `/registry/pods/default/web-${(i * 2_654_435_761) >>> 0}-${i}`

interface Value {
  readonly n: number
}

function filled(keys: number, retainRevisions = 10_000): Store<Value> {
  const store = new Store<Value>({ retainRevisions })
  for (let i = 0; i < keys; i++) store.create(podKey(i), { n: i })
  return store
}

/** Calls `step` for a fixed number of rounds and returns `perRound` × rounds a second. */
function rate(rounds: number, perRound: number, step: (i: number) => void): number {
  const start = performance.now()
  for (let i = 0; i < rounds; i++) step(i)
  return (rounds * perRound * 1000) / (performance.now() - start)
}

/** Visits 0 … n-1 in an order without locality. */
function scattered(i: number, n: number): number {
  return (i * 7_919) % n
}

export const etcdBenches: Bench[] = [
  {
    name: 'etcd: create 200,000 keys',
    unit: 'puts/s',
    run() {
      const store = new Store<Value>({ retainRevisions: 10_000 })
      return rate(KEYS, 1, (i) => store.create(podKey(i), { n: i }))
    },
  },
  {
    name: 'etcd: put at 200,000 keys',
    unit: 'puts/s',
    run() {
      const store = filled(KEYS)
      return rate(KEYS * 2, 1, (i) => store.put({ key: podKey(scattered(i, KEYS)), value: { n: i } }))
    },
  },
  {
    name: 'etcd: get and compare-and-swap at 200,000 keys',
    unit: 'swaps/s',
    run() {
      const store = filled(KEYS)
      return rate(KEYS * 2, 1, (i) => {
        const key = podKey(scattered(i, KEYS))
        store.compareAndSwap(key, store.get(key)!.modRevision, { n: i })
      })
    },
  },
  {
    name: 'etcd: txn compare-and-swap at 200,000 keys',
    unit: 'txns/s',
    run() {
      const store = filled(KEYS)
      return rate(KEYS, 1, (i) => {
        const key = podKey(scattered(i, KEYS))
        const { modRevision } = store.get(key)!
        store.txn({
          compare: [{ key, target: 'MOD', result: 'EQUAL', modRevision }],
          success: [{ put: { key, value: { n: i } } }],
          failure: [{ range: { key } }],
        })
      })
    },
  },
  {
    name: 'etcd: range of 500 at 200,000 keys',
    unit: 'ranges/s',
    run() {
      const store = filled(KEYS)
      return rate(10_000, 1, (i) =>
        store.range({ key: podKey(scattered(i, KEYS)), rangeEnd: '/registry/pods0', limit: 500 }),
      )
    },
  },
  {
    name: 'etcd: range of 500, 5,000 revisions back, at 200,000 keys',
    unit: 'ranges/s',
    run() {
      const store = filled(KEYS)
      const revision = store.revision - 5_000
      return rate(2_000, 1, (i) =>
        store.range({ key: podKey(scattered(i, KEYS)), rangeEnd: '/registry/pods0', limit: 500, revision }),
      )
    },
  },
  {
    name: 'etcd: events to 8 watchers',
    unit: 'events/s',
    run() {
      const store = filled(10_000)
      const told = { events: 0 }
      for (let i = 0; i < 8; i++) {
        store.watch(
          { key: '/registry/pods/', rangeEnd: '/registry/pods0' },
          {
            events: (response) => {
              told.events += response.events.length
            },
          },
        )
      }
      return rate(400_000, 8, (i) => store.put({ key: podKey(scattered(i, 10_000)), value: { n: i } }))
    },
  },
  {
    name: 'etcd: put while 10,000 watchers look elsewhere',
    unit: 'puts/s',
    run() {
      const store = filled(10_000)
      for (let i = 0; i < 10_000; i++) {
        store.watch(
          { key: `/registry/leases/${i}/`, rangeEnd: `/registry/leases/${i}0` },
          { events: () => undefined },
        )
      }
      return rate(400_000, 1, (i) => store.put({ key: podKey(scattered(i, 10_000)), value: { n: i } }))
    },
  },
  {
    name: 'etcd: put while nobody watches',
    unit: 'puts/s',
    run() {
      const store = filled(10_000)
      return rate(400_000, 1, (i) => store.put({ key: podKey(scattered(i, 10_000)), value: { n: i } }))
    },
  },
  {
    name: 'etcd: catch-up of one watcher over 1,000,000 events',
    unit: 'events/s',
    run() {
      const store = new Store<Value>()
      for (let i = 0; i < 1_000_000; i++) store.put({ key: podKey(i % 1_000), value: { n: i } })
      return rate(1, 1_000_000, () => {
        store.watch({ key: '\0', rangeEnd: '\0', startRevision: 2 }, { events: () => undefined })
      })
    },
  },
  {
    name: 'etcd: clone at 200,000 keys',
    unit: 'clones/s',
    run() {
      const store = filled(KEYS)
      return rate(20_000, 1, () => store.clone())
    },
  },
  {
    name: 'etcd: clone, then one write, at 200,000 keys',
    unit: 'pairs/s',
    run() {
      const store = filled(KEYS)
      return rate(20_000, 1, (i) => {
        store.clone()
        store.put({ key: podKey(scattered(i, KEYS)), value: { n: i } })
      })
    },
  },
]
