/** A new node takes no pods before it has been seen ready (upstream: plugin/pkg/admission/nodetaint). */
import type { Node } from '../../api/core/node.ts'
import type { KubeObject } from '../../api/kind.ts'
import type { AdmissionPlugin } from './plugin.ts'

const NOT_READY = 'node.kubernetes.io/not-ready'

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: ({ operation, kind, subresource }) =>
    operation === 'CREATE' && kind.resource === 'nodes' && kind.group === '' && subresource === '',
  admit(object) {
    const node = object as Node
    const taints = node.spec?.taints ?? []
    if (taints.some((it) => it.key === NOT_READY && it.effect === 'NoSchedule')) return object
    return {
      ...node,
      spec: { ...node.spec, taints: [...taints, { key: NOT_READY, effect: 'NoSchedule' }] },
    } as KubeObject
  },
}
