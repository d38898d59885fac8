/** The tree against a sorted array, through growth, shrinking and clones. */
import { describe, expect, test } from 'vitest'
import { KeyTree } from '../../src/etcd/key-tree.ts'
import { WatchRouter } from '../../src/etcd/watch-router.ts'
import { randomStream } from '../../src/kernel/random.ts'

interface Item {
  readonly key: string
  readonly version: number
}

class Reference {
  readonly items = new Map<string, Item>()

  between(start: string, end: string | undefined): Item[] {
    return [...this.items.values()]
      .filter((item) => item.key >= start && (end === undefined || item.key < end))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  }
}

function expectEqual(
  tree: KeyTree<Item>,
  reference: Reference,
  start: string,
  end: string | undefined,
): void {
  const want = reference.between(start, end)
  const got: Item[] = []
  tree.scan(start, end, (item) => {
    got.push(item)
    return true
  })
  expect(got).toEqual(want)
  expect([...tree.items(start, end)]).toEqual(want)
  expect(tree.countLive(start, end)).toBe(want.filter((item) => item.version > 0).length)
  expect(tree.first(start, end)).toBe(want[0])
}

function expectSame(tree: KeyTree<Item>, reference: Reference): void {
  expectEqual(tree, reference, '', undefined)
  expect(tree.size).toBe(reference.items.size)
  expect(tree.live).toBe(reference.between('', undefined).filter((item) => item.version > 0).length)
}

function cloneOf(reference: Reference): Reference {
  const copy = new Reference()
  for (const [key, item] of reference.items) copy.items.set(key, item)
  return copy
}

test.each([
  { name: 'few keys', keys: 30, steps: 3_000 },
  { name: 'two levels', keys: 600, steps: 6_000 },
  { name: 'three levels', keys: 9_000, steps: 60_000 },
])('random writes and deletions: $name', ({ keys, steps }) => {
  const random = randomStream(keys, 'key-tree')
  const tree = new KeyTree<Item>()
  const reference = new Reference()
  const clones: { tree: KeyTree<Item>; reference: Reference }[] = []
  for (let step = 0; step < steps; step++) {
    // It grows for the first half and is emptied in the second.
    const growing = step < steps / 2
    const key = `/registry/${random.below(keys)}`
    if (random.below(10) < (growing ? 8 : 2)) {
      const item = { key, version: random.below(4) }
      if (random.below(2) === 0) {
        expect(tree.find(key)).toBe(reference.items.get(key))
        tree.setFound(item)
      } else {
        tree.set(item.key, item)
      }
      reference.items.set(key, item)
    } else {
      tree.delete(key)
      reference.items.delete(key)
    }
    expect(tree.get(key)).toBe(reference.items.get(key))
    if (step % Math.ceil(steps / 12) === 0) {
      const bounds = [`/registry/${random.below(keys)}`, `/registry/${random.below(keys)}`].sort()
      expectEqual(tree, reference, bounds[0]!, bounds[1]!)
      expectEqual(tree, reference, bounds[1]!, undefined)
      expectEqual(tree, reference, bounds[1]!, bounds[0]!)
      clones.push({ tree: tree.clone(), reference: cloneOf(reference) })
    }
  }
  expectSame(tree, reference)
  for (const clone of clones) {
    expectSame(clone.tree, clone.reference)
    const item = { key: '/registry/1', version: 9 }
    clone.tree.set(item.key, item)
    clone.tree.delete('/registry/2')
    clone.reference.items.set('/registry/1', item)
    clone.reference.items.delete('/registry/2')
    expectSame(clone.tree, clone.reference)
  }
  expectSame(tree, reference)
})

test.each([
  { name: 'ascending', order: (i: number) => i },
  { name: 'descending', order: (i: number) => 19_999 - i },
  { name: 'from both ends', order: (i: number) => (i % 2 === 0 ? i / 2 : 19_999 - (i - 1) / 2) },
])('$name keys, then all deleted', ({ order }) => {
  const tree = new KeyTree<Item>()
  const reference = new Reference()
  const name = (i: number) => `k${String(order(i)).padStart(6, '0')}`
  for (let i = 0; i < 20_000; i++) {
    const item = { key: name(i), version: 1 }
    tree.set(item.key, item)
    reference.items.set(item.key, item)
  }
  expectSame(tree, reference)
  for (let i = 0; i < 20_000; i++) {
    expect(tree.get(name(i))?.key).toBe(name(i))
    tree.delete(name(i))
    tree.delete(name(i))
  }
  expectSame(tree, new Reference())
  tree.set('again', { key: 'again', version: 1 })
  expect(tree.live).toBe(1)
})

test('nodes are well filled, and merge when they empty', () => {
  const tree = new KeyTree<Item>()
  const name = (i: number) => `k${String(i).padStart(6, '0')}`
  for (let i = 0; i < 64_000; i++) tree.set(name(i), { key: name(i), version: 1 })
  expect(tree.countNodes()).toBeLessThan(1_030)
  for (let i = 0; i < 64_000; i++) if (i % 64 !== 5) tree.delete(name(i))
  expect(tree.size).toBe(1_000)
  expect(tree.countNodes()).toBeLessThan(80)
})

test('a scan stops when told to', () => {
  const tree = new KeyTree<Item>()
  for (let i = 0; i < 1_000; i++) tree.set(`k${i}`, { key: `k${i}`, version: 1 })
  let visited = 0
  tree.scan('', undefined, () => ++visited < 100)
  expect(visited).toBe(100)
})

describe('routing', () => {
  test('finds who covers a key, in order of arrival, through additions and removals', () => {
    const random = randomStream(3, 'router')
    const router = new WatchRouter<number>()
    let added: { id: number; start: string; end: string | undefined }[] = []
    const letter = () => 'abcdefghij'[random.below(10)]!
    for (let id = 0; id < 2_000; id++) {
      if (random.below(5) < 3 || added.length === 0) {
        const it = { id, start: letter(), end: random.below(4) === 0 ? undefined : letter() }
        router.add(it.start, it.end, it.id)
        added.push(it)
      } else {
        const it = random.pick(added)
        router.remove(it.start, it.end, it.id)
        added = added.filter((other) => other !== it)
      }
      const key = `${letter()}${random.below(2) === 0 ? '' : 'x'}`
      const want = added.filter((it) => key >= it.start && (it.end === undefined || key < it.end))
      expect([...router.at(key)]).toEqual(want.map((it) => it.id))
    }
    for (const it of added) router.remove(it.start, it.end, it.id)
    expect(router.pieces).toBe(1)
  })
})
