import { expect, test } from 'vitest'
import type { KeyValue } from '../../src/etcd/messages.ts'
import {
  type EtcdConnection,
  EtcdUnavailableError,
  type EtcdWatchSink,
  Mirror,
  type TxnOutcome,
} from '../../src/etcd/mirror.ts'
import { Store } from '../../src/etcd/store.ts'
import { EventLoop } from '../../src/kernel/event-loop.ts'
import { type Random, randomStream } from '../../src/kernel/random.ts'

const CODEC = { encode: (value: string) => value, decode: (text: string) => text }
const PREFIX = '/registry/'

/** An etcd that is a store of ours, behind a network that is slow and breaks. */
class FakeEtcd {
  readonly loop = new EventLoop({ start: 0 })
  readonly truth = new Store<string>()
  readonly #random: Random
  readonly #streams = new Set<{ sink: EtcdWatchSink; stop(): void }>()
  down = false

  constructor(seed: number) {
    this.#random = randomStream(seed, 'fake-etcd')
  }

  connect(): EtcdConnection {
    const reply = <T>(serve: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        this.#later(() => {
          if (this.down) return reject(new EtcdUnavailableError('connection refused', 'not applied'))
          const answer = serve()
          this.#later(() => {
            if (this.down) reject(new EtcdUnavailableError('connection lost', 'unknown'))
            else resolve(answer)
          })
        })
      })
    const outcome = (revision: number | undefined): TxnOutcome => ({
      succeeded: revision !== undefined,
      revision: revision ?? this.truth.revision,
    })
    return {
      revision: () => reply(() => this.truth.revision),
      put: (key, value, modRevision) =>
        reply(() => outcome(this.truth.compareAndSwap(key, modRevision, value)?.modRevision)),
      delete: (key, modRevision) => reply(() => outcome(this.truth.compareAndDelete(key, modRevision))),
      grantLease: () => reply(() => 7n),
      load: (visit) =>
        reply(() => {
          for (const kv of this.truth.list('').kvs) visit(kv as KeyValue<string>)
          return this.truth.revision
        }),
      watch: (revision, sink) => this.#watch(revision, sink),
      compact: (revision) => reply(() => void this.truth.compact(revision)),
      after: (ms, run) => this.loop.after(ms, run, { background: true }),
      close: () => undefined,
    }
  }

  /** Ends the streams, without a word about what was under way. */
  cut(): void {
    for (const stream of [...this.#streams]) {
      stream.stop()
      stream.sink.ended('disconnected', 'connection lost')
    }
  }

  #watch(revision: number, sink: EtcdWatchSink): { stop(): void } {
    let stopped = false
    let due = 0
    let watch: { cancel(): void } | undefined
    // Messages of one stream stay in order.
    const say = (run: () => void) => {
      due = Math.max(due, this.loop.now + this.#random.below(10))
      this.#at(due, () => (stopped ? undefined : run()))
    }
    const stop = () => {
      stopped = true
      watch?.cancel()
      this.#streams.delete(stream)
    }
    const stream = { sink, stop }
    this.#streams.add(stream)
    if (this.down) {
      say(() => {
        stop()
        sink.ended('disconnected', 'connection refused')
      })
      return { stop }
    }
    if (revision < this.truth.compactRevision) {
      say(() => {
        stop()
        sink.ended('compacted', 'required revision has been compacted')
      })
      return { stop }
    }
    say(() => sink.opened())
    watch = this.truth.watch(
      { key: '\0', rangeEnd: '\0', startRevision: revision },
      {
        events: ({ events }) => say(() => sink.events(events)),
      },
    )
    return { stop }
  }

  #later(run: () => void): void {
    this.#at(this.loop.now + this.#random.below(10), run)
  }

  /** Afterwards the loop lets promises go on, as when a socket was read. */
  #at(due: number, run: () => void): void {
    this.loop.at(due, () => {
      run()
      this.loop.suspend<void>().resume()
    })
  }
}

async function follow(etcd: FakeEtcd) {
  const opening = Mirror.open(etcd.connect(), CODEC, PREFIX)
  const mirror = await etcd.loop.outside(opening)
  const copy = mirror.openStore({})
  let skips = 0
  mirror.follow({
    enter: (body) => body(),
    skipped: () => {
      skips++
    },
  })
  const wait = <T>(promise: Promise<T>) => etcd.loop.outside(promise)
  return { mirror, copy, wait, skips: () => skips }
}

test('a write is answered once the copy has it, and its maker is told before', async () => {
  const etcd = new FakeEtcd(1)
  const { mirror, copy, wait } = await follow(etcd)
  const told: string[] = []
  copy.watch(
    { key: PREFIX, rangeEnd: '/registry0' },
    { events: ({ revision }) => void told.push(`event ${revision}`) },
  )
  for (let i = 0; i < 20; i++) {
    const stored = await wait(
      mirror.put(`/registry/a/${i}`, `v${i}`, 0, undefined, (it) => void told.push(`made ${it}`)),
    )
    expect(stored).toBe(`v${i}`)
    expect(copy.get(`/registry/a/${i}`)?.value).toBe(`v${i}`)
  }
  expect(told).toEqual(Array.from({ length: 40 }, (_, i) => `${i % 2 ? 'event' : 'made'} ${2 + (i >> 1)}`))
})

test('a lost race is told once the copy knows the winner', async () => {
  const etcd = new FakeEtcd(2)
  const { mirror, copy, wait } = await follow(etcd)
  etcd.truth.create('/registry/a', 'theirs')
  const made = () => expect.unreachable('nothing was written')
  expect(await wait(mirror.put('/registry/a', 'ours', 0, undefined, made))).toBeUndefined()
  expect(copy.get('/registry/a')?.value).toBe('theirs')
  expect(await wait(mirror.delete('/registry/a', 1, made))).toBeUndefined()
  expect(await wait(mirror.delete('/registry/a', 2, () => undefined))).toBe(3)
  expect(copy.get('/registry/a')).toBeUndefined()
})

test('a barrier shows what others committed before, also under foreign keys', async () => {
  const etcd = new FakeEtcd(3)
  const { mirror, copy, wait } = await follow(etcd)
  etcd.truth.create('/registry/a', 'one')
  const barriers = [mirror.barrier()]
  await etcd.loop.outside(etcd.loop.sleep(3))
  etcd.truth.create('/elsewhere', 'x')
  etcd.truth.create('/registry/b', 'two')
  barriers.push(mirror.barrier(), mirror.barrier())
  await wait(Promise.all(barriers))
  expect(copy.revision).toBe(etcd.truth.revision)
  expect(copy.list('').kvs.map((it) => it.key)).toEqual(['/registry/a', '/registry/b'])
})

test('while the etcd is away requests fail with what is known, and the copy catches up afterwards', async () => {
  const etcd = new FakeEtcd(4)
  const { mirror, copy, wait, skips } = await follow(etcd)
  await wait(mirror.barrier())
  etcd.down = true
  etcd.cut()
  await expect(wait(mirror.barrier())).rejects.toMatchObject({ outcome: 'not applied' })
  await expect(wait(mirror.put('/registry/x', 'x', 0, undefined, () => undefined))).rejects.toThrow(
    EtcdUnavailableError,
  )
  expect(mirror.trouble).toMatch(/^connection/)
  etcd.truth.create('/registry/late', 'late')
  etcd.down = false
  await etcd.loop.advance(5000)
  expect(mirror.trouble).toBeUndefined()
  expect(copy.get('/registry/late')?.value).toBe('late')
  expect(skips()).toBe(0)
})

test('a copy that missed what was compacted meanwhile says so, and takes over the present', async () => {
  const etcd = new FakeEtcd(5)
  const { mirror, copy, wait, skips } = await follow(etcd)
  for (const name of ['gone', 'kept', 'changed']) {
    await wait(mirror.put(`/registry/${name}`, 'old', 0, undefined, () => undefined))
  }
  etcd.down = true
  etcd.cut()
  etcd.truth.compareAndDelete('/registry/gone', 2)
  etcd.truth.put({ key: '/registry/changed', value: 'new' })
  etcd.truth.put({ key: '/registry/new', value: 'new' })
  etcd.truth.put({ key: '/elsewhere', value: 'x' })
  etcd.truth.compact(etcd.truth.revision)
  etcd.down = false
  await etcd.loop.advance(5000)
  expect(skips()).toBe(1)
  expect(copy.list('').kvs.map((it) => `${it.key}=${it.value}`)).toEqual([
    '/registry/changed=new',
    '/registry/kept=old',
    '/registry/new=new',
  ])
  expect(() => copy.get('/registry/kept', 3)).toThrow('required revision has been compacted')
  expect(await wait(mirror.put('/registry/new', 'newer', 7, undefined, () => undefined))).toBe('newer')
})

test('whatever breaks, the copy ends equal to the etcd and no acknowledged write is lost', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const etcd = new FakeEtcd(seed)
    const random = randomStream(seed, 'mirror-test')
    const one = await follow(etcd)
    const two = await follow(etcd)
    const known = new Map<string, Set<string>>()
    const work = async ({ mirror, copy }: typeof one, name: string) => {
      for (let i = 0; i < 30; i++) {
        const key = `/registry/${random.below(6)}`
        const value = `${name}${i}`
        const before = copy.get(key)?.modRevision ?? 0
        try {
          const revisions: number[] = []
          const stored = await mirror.put(key, value, before, undefined, (it) => void revisions.push(it))
          if (stored === undefined) continue
          expect(stored).toBe(value)
          expect(etcd.truth.get(key, revisions[0])?.value).toBe(value)
        } catch (error) {
          expect(error).toBeInstanceOf(EtcdUnavailableError)
          if ((error as EtcdUnavailableError).outcome === 'not applied') {
            known.set(key, (known.get(key) ?? new Set()).add(value))
          }
        }
      }
    }
    const trouble = async () => {
      for (let i = 0; i < 5; i++) {
        await etcd.loop.sleep(random.below(400))
        etcd.down = random.below(2) === 0
        etcd.cut()
        await etcd.loop.sleep(random.below(100))
        etcd.down = false
      }
    }
    await etcd.loop.outside(Promise.all([work(one, 'a'), work(two, 'b'), trouble()]))
    await etcd.loop.advance(10_000)
    const truth = etcd.truth.list(PREFIX).kvs.map((it) => `${it.key}=${it.value}@${it.modRevision}`)
    for (const { copy } of [one, two]) {
      expect(copy.list(PREFIX).kvs.map((it) => `${it.key}=${it.value}@${it.modRevision}`)).toEqual(truth)
      expect(copy.revision).toBe(etcd.truth.revision)
    }
    // What was said not to be applied is nowhere in the etcd's history.
    for (const [key, values] of known) {
      for (let revision = 2; revision <= etcd.truth.revision; revision++) {
        expect(values.has(etcd.truth.get(key, revision)?.value ?? '')).toBe(false)
      }
    }
  }
})
