/** Lists, pages, selectors and watches. */
import { expect, test } from 'vitest'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { harness, refusal } from './harness.ts'

interface List {
  readonly metadata: {
    readonly resourceVersion: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly items: readonly { readonly metadata: { readonly name: string; readonly namespace: string } }[]
}

function withMaps(names: readonly string[], namespace = 'default') {
  const h = harness()
  const put = (name: string, labels: Record<string, string> = {}, ns = namespace) =>
    h.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: ns, labels } })
  for (const name of names) put(name)
  const list = (options: object = {}, ns = namespace) =>
    h.call<List>('list', ConfigMap, { namespace: ns, options })
  const relabel = (name: string, labels: Record<string, string>) =>
    h.call('update', ConfigMap, {
      namespace,
      name,
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } },
    })
  const remove = (name: string) => h.call('delete', ConfigMap, { namespace, name })
  return { ...h, put, list, relabel, remove }
}

const namesOf = (list: List) => list.items.map((it) => it.metadata.name)

test('items come in the order of storage keys', () => {
  const { put, list } = withMaps(['b', 'a'])
  put('z', {}, 'a')
  put('y', {}, 'a-b')
  const all = list({}, '')
  expect(all.items.map((it) => `${it.metadata.namespace}/${it.metadata.name}`)).toEqual([
    'a-b/y',
    'a/z',
    'default/a',
    'default/b',
  ])
  expect(namesOf(list())).toEqual(['a', 'b'])
})

test("pages show the first one's snapshot whatever happens meanwhile", () => {
  const { list, put, remove } = withMaps(['a', 'b', 'c', 'd', 'e'])
  const first = list({ limit: 2 })
  expect([namesOf(first), first.metadata.remainingItemCount]).toEqual([['a', 'b'], 3])
  put('bb')
  remove('c')
  const second = list({ limit: 2, continue: first.metadata.continue })
  expect(namesOf(second)).toEqual(['c', 'd'])
  expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
  const third = list({ limit: 2, continue: second.metadata.continue })
  expect([namesOf(third), third.metadata.continue, third.metadata.remainingItemCount]).toEqual([
    ['e'],
    undefined,
    undefined,
  ])
})

test('a page whose snapshot was compacted is refused with a token for the rest as it is now', () => {
  const { list, put, store } = withMaps(['a', 'b', 'c'])
  const first = list({ limit: 1 })
  put('d')
  store.compact(store.revision)
  const status = refusal(() => list({ limit: 1, continue: first.metadata.continue }))
  expect(status).toMatchObject({ code: 410, reason: 'Expired' })
  expect(status.message).toMatch(
    /^The provided continue parameter is too old to display a consistent list result\./,
  )
  expect(namesOf(list({ continue: status.metadata!.continue }))).toEqual(['b', 'c', 'd'])
})

test.each(['!', 'e30', btoa('{"v":"meta.k8s.io/v1","rv":2,"start":"../x"}')])(
  'the continue token %s is refused',
  (token) => {
    const { list } = withMaps(['a'])
    const status = refusal(() => list({ limit: 1, continue: token }))
    expect(status.code).toBe(400)
    expect(status.message).toMatch(/^invalid continue token: continue key is not valid: /)
  },
)

test('resourceVersion says how old a list may be, or how old it must be', () => {
  const { list, put, store } = withMaps(['a'])
  const before = String(store.revision)
  put('b')
  expect(namesOf(list({ resourceVersion: before }))).toEqual(['a', 'b'])
  expect(namesOf(list({ resourceVersion: before, resourceVersionMatch: 'Exact' }))).toEqual(['a'])
  const future = refusal(() => list({ resourceVersion: '900' }))
  expect([future.code, future.message]).toEqual([
    504,
    `Too large resource version: 900, current: ${store.revision}`,
  ])
  const unversioned = refusal(() => list({ resourceVersionMatch: 'Exact' }))
  expect(unversioned.message).toContain(
    'resourceVersionMatch is forbidden unless resourceVersion is provided',
  )
})

test.each([1, 100])('label and field selectors find the same with %i other objects', (others) => {
  const { list, put } = withMaps(Array.from({ length: others }, (_, i) => `other-${i}`))
  put('x', { app: 'web', tier: 'a' })
  put('y', { app: 'web', tier: 'b' })
  put('w', { app: 'web' }, 'elsewhere')
  expect(namesOf(list({ labelSelector: 'app=web' }))).toEqual(['x', 'y'])
  expect(namesOf(list({ labelSelector: 'app=web,tier!=a' }))).toEqual(['y'])
  expect(namesOf(list({ fieldSelector: 'metadata.name=y' }))).toEqual(['y'])
  expect(namesOf(list({ fieldSelector: 'metadata.namespace=elsewhere' }, ''))).toEqual(['w'])
  expect(refusal(() => list({ fieldSelector: 'spec.x=1' })).message).toBe(
    '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
  )
  expect(refusal(() => list({ labelSelector: 'a in' })).code).toBe(400)
})

test('an index by label follows changes and deletions', () => {
  const { list, put, relabel, remove } = withMaps(Array.from({ length: 100 }, (_, i) => `other-${i}`))
  put('x', { app: 'web' })
  const find = () => namesOf(list({ labelSelector: 'app=web' }))
  expect(find()).toEqual(['x'])
  relabel('other-5', { app: 'web' })
  expect(find()).toEqual(['other-5', 'x'])
  relabel('x', { app: 'db' })
  remove('other-5')
  expect(find()).toEqual([])
})

test('a watch without resourceVersion begins with what is there', () => {
  const { watch, put, relabel, remove } = withMaps(['a'])
  const watched = watch(ConfigMap)
  put('b')
  relabel('b', { app: 'x' })
  remove('b')
  expect(watched.lines).toEqual(['ADDED a', 'ADDED b', 'MODIFIED b', 'DELETED b'])
})

test('a deleted object carries the revision of its deletion', () => {
  const { watch, remove, store } = withMaps(['a'])
  const watched = watch(ConfigMap, { resourceVersion: String(store.revision) })
  remove('a')
  expect(watched.events.map((it) => [it.type, it.object.metadata.resourceVersion, it.revision])).toEqual([
    ['DELETED', String(store.revision), store.revision],
  ])
})

test('a watch from a revision hears what came after it', () => {
  const { watch, put, relabel, remove, store } = withMaps(['a'])
  const from = String(store.revision)
  put('b')
  relabel('a', { x: '1' })
  remove('b')
  const watched = watch(ConfigMap, { resourceVersion: from })
  put('c')
  expect(watched.lines).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b', 'ADDED c'])
})

test('entering a selector is ADDED, leaving it DELETED with the state before', () => {
  const { watch, put, relabel } = withMaps([])
  const watched = watch(ConfigMap, { labelSelector: 'app=x' })
  put('a')
  relabel('a', { app: 'x' })
  relabel('a', { app: 'x', more: '1' })
  relabel('a', { app: 'y' })
  expect(watched.lines).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a'])
  expect(watched.events[2]!.object.metadata.labels).toEqual({ app: 'x', more: '1' })
  expect(Number(watched.events[2]!.object.metadata.resourceVersion)).toBe(watched.events[2]!.revision)
})

test('watches of a namespace, of a name and of a field hear only of theirs', () => {
  const { watch, put, create, call } = withMaps([])
  const inDefault = watch(ConfigMap, {}, 'default')
  const ofName = watch(ConfigMap, { fieldSelector: 'metadata.name=b' }, 'default')
  put('a')
  put('b')
  put('b', {}, 'other')
  expect([inDefault.lines, ofName.lines]).toEqual([['ADDED a', 'ADDED b'], ['ADDED b']])

  const onNode = watch(Pod, { fieldSelector: 'spec.nodeName=node-1' })
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  }
  create(Pod, pod as Pod)
  call('create', Pod, {
    namespace: 'default',
    name: 'p',
    subresource: 'binding',
    body: { target: { kind: 'Node', name: 'node-1' } },
  })
  create(Pod, { ...pod, metadata: { name: 'q' } } as Pod)
  expect(onNode.lines).toEqual(['ADDED p'])
})

test('a stopped watch hears nothing more', () => {
  const { watch, put } = withMaps([])
  const watched = watch(ConfigMap, {}, 'default')
  put('a')
  watched.stop()
  watched.stop()
  const other = watch(ConfigMap, { resourceVersion: '0' }, 'default')
  watched.stop()
  put('b')
  expect([watched.lines, other.lines]).toEqual([['ADDED a'], ['ADDED a', 'ADDED b']])
})

test('a watch that starts before the oldest event kept is told to list again', () => {
  const { watch, relabel } = withMaps(['a'])
  for (let i = 0; i < 5000; i++) relabel('a', { n: String(i) })
  const watched = watch(ConfigMap, { resourceVersion: '2' })
  expect(watched.ended).toBe(true)
  expect(watched.error).toMatchObject({ code: 410, reason: 'Expired' })
  expect(watched.error!.message).toMatch(/^too old resource version: 2 \(\d+\)$/)
})

test('a sink that writes does not disturb the order in which others hear', () => {
  const { api, call, put } = withMaps([])
  const { group, version, resource } = ConfigMap
  const user = { name: 'x', groups: [] }
  let wrote = false
  api.watch(
    { verb: 'watch', group, version, resource, user },
    {
      events: () => {
        if (wrote) return
        wrote = true
        put('second')
      },
      end: () => undefined,
    },
  )
  const heard: string[] = []
  api.watch(
    { verb: 'watch', group, version, resource, user },
    {
      events: (batch) =>
        heard.push(...batch.map((it) => (it.object as { metadata: { name: string } }).metadata.name)),
      end: () => undefined,
    },
  )
  put('first')
  expect(heard).toEqual(['first', 'second'])
  expect(call<List>('list', ConfigMap, { namespace: 'default' }).items).toHaveLength(2)
})

test('bookmarks tell how far the store is to those who asked', async () => {
  const { watch, loop, put, create, store } = withMaps(['a'])
  const asking = watch(ConfigMap, { allowWatchBookmarks: true })
  const silent = watch(ConfigMap)
  create(Pod, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  } as Pod)
  await loop.advance(61_000)
  expect(asking.lines).toEqual(['ADDED a', `BOOKMARK ${store.revision}`])
  expect(asking.events[1]!.object).toEqual({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { resourceVersion: String(store.revision) },
  })
  expect(silent.lines).toEqual(['ADDED a'])
  await loop.advance(120_000)
  expect(asking.lines).toHaveLength(2)
  put('b')
  expect(asking.lines.at(-1)).toBe('ADDED b')
})

test('a streaming list ends with an annotated bookmark', () => {
  const { watch, put } = withMaps(['a', 'b'])
  const watched = watch(ConfigMap, {
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: true,
  })
  put('c')
  expect(watched.events.map((it) => it.type)).toEqual(['ADDED', 'ADDED', 'BOOKMARK', 'ADDED'])
  expect(watched.events[2]!.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
})

test('timeoutSeconds ends a watch without an error', async () => {
  const { watch, loop } = withMaps([])
  const watched = watch(ConfigMap, { timeoutSeconds: 5 })
  await loop.advance(4_999)
  expect(watched.ended).toBe(false)
  await loop.advance(1)
  expect([watched.ended, watched.error]).toEqual([true, undefined])
})
