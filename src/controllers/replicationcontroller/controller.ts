/** Keeps as many pods as a ReplicationController asks for: a ReplicaSet's code, on the kind that came before it. */
import { ReplicationController } from '../../api/core/replication-controller.ts'
import type { LabelSelector } from '../../api/meta/label-selector.ts'
import { podReplicator } from '../replicaset/replicator.ts'

export const replicationControllerController = podReplicator<ReplicationController>({
  name: 'replicationcontroller-controller',
  component: 'replication-controller',
  kind: ReplicationController,
  replicas: (it) => it.spec.replicas ?? 1,
  selector: selectorOf,
  template: (it) => it.spec.template!,
  minReadySeconds: (it) => it.spec.minReadySeconds ?? 0,
  status: (it) => it.status,
  withStatus: (it, status) => ({ ...it, status }),
})

/** Its selector is a plain map; one object per map, since selectors are compiled once per object. */
function selectorOf(owner: ReplicationController): LabelSelector {
  const matchLabels = owner.spec.selector ?? owner.spec.template?.metadata?.labels ?? {}
  let selector = selectors.get(matchLabels)
  if (selector === undefined) {
    selector = Object.freeze({ matchLabels })
    selectors.set(matchLabels, selector)
  }
  return selector
}

const selectors = new WeakMap<object, LabelSelector>()
