import { expect, test } from 'vitest'
import type { KubeObject } from '../../src/api/kind.ts'
import { changeText } from '../../src/apiserver/change-text.ts'

const READY = (status: string) => ({ type: 'Ready', status })

test.each<{ name: string; before: object; after: object; want: string }>([
  {
    name: 'a field',
    before: { spec: { replicas: 1 } },
    after: { spec: { replicas: 2 } },
    want: 'spec.replicas 1 -> 2',
  },
  {
    name: 'a condition',
    before: { status: { conditions: [READY('False')] } },
    after: { status: { conditions: [READY('True')] } },
    want: 'Ready False -> True',
  },
  {
    name: 'a taint',
    before: { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } },
    after: { spec: { taints: [{ key: 'a', effect: 'NoExecute' }] } },
    want: 'spec.taints[a:NoExecute] added, spec.taints[a:NoSchedule] removed',
  },
  {
    name: 'a container',
    before: { spec: { containers: [{ name: 'a', image: 'x' }, { name: 'b' }] } },
    after: { spec: { containers: [{ name: 'a', image: 'y' }] } },
    want: 'spec.containers[a].image x -> y, spec.containers[b] removed',
  },
  {
    name: 'many fields: the telling ones first',
    before: { data: { a: '1', b: '1', c: '1' }, status: { conditions: [READY('True')] } },
    after: { data: { a: '2', b: '2', c: '2' }, status: { conditions: [READY('Unknown')] } },
    want: 'Ready True -> Unknown, data.a 1 -> 2, data.b 1 -> 2, ...',
  },
])('$name', ({ before, after, want }) => {
  expect(changeText(after as KubeObject, before as KubeObject)).toBe(want)
})
