import { expect, test } from 'vitest'
import { diffObjects } from '../../src/cluster/diff.ts'

const pod = (name: string, uid: string, extra: object = {}) => ({
  kind: 'Pod',
  metadata: { namespace: 'default', name, uid },
  ...extra,
})

test('objects are matched by reference and uid, fields by path', () => {
  const before = [pod('a', '1', { spec: { nodeName: 'x', list: [1, 2] } }), pod('b', '2'), pod('c', '3')]
  const after = [pod('a', '1', { spec: { nodeName: 'y', list: [1] } }), pod('b', '9'), pod('d', '4')]
  expect(diffObjects(before, after)).toEqual([
    {
      object: 'Pod default/a',
      change: 'modified',
      fields: [
        { path: 'spec.nodeName', before: 'x', after: 'y' },
        { path: 'spec.list[1]', before: 2, after: undefined },
      ],
    },
    { object: 'Pod default/b', change: 'deleted', fields: [] },
    { object: 'Pod default/b', change: 'added', fields: [] },
    { object: 'Pod default/c', change: 'deleted', fields: [] },
    { object: 'Pod default/d', change: 'added', fields: [] },
  ])
})

test('inherited names are ordinary keys', () => {
  const label = (map: object) => pod('a', '1', { labels: map })
  const changes = diffObjects([label({})], [label({ constructor: 'x' })])
  expect(changes[0]?.fields).toEqual([{ path: 'labels.constructor', before: undefined, after: 'x' }])
})
