/** Keeps as many pods of a ReplicaSet's template as it asks for. */
import { ReplicaSet } from '../../api/apps/replica-set.ts'
import { podReplicator } from './replicator.ts'

export const replicaSetController = podReplicator<ReplicaSet>({
  name: 'replicaset-controller',
  component: 'replicaset-controller',
  kind: ReplicaSet,
  replicas: (it) => it.spec.replicas ?? 1,
  selector: (it) => it.spec.selector,
  template: (it) => it.spec.template!,
  minReadySeconds: (it) => it.spec.minReadySeconds ?? 0,
  status: (it) => it.status,
  withStatus: (it, status) => ({ ...it, status }),
})
