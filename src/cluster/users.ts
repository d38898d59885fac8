/** The identities under which the parts of a cluster talk to its API server (kubeadm's defaults). */
import type { UserInfo } from '../api/request.ts'

const AUTHENTICATED = 'system:authenticated'

/** The cluster's admin: what a kubeconfig from `kubarium serve` and `cluster.client` act as. */
export const ADMIN: UserInfo = { name: 'kubernetes-admin', groups: ['system:masters', AUTHENTICATED] }

/** The API server itself, for what it sets up at the start. */
export const LOOPBACK: UserInfo = { name: 'system:apiserver', groups: ['system:masters', AUTHENTICATED] }

export const CONTROLLER_MANAGER: UserInfo = {
  name: 'system:kube-controller-manager',
  groups: [AUTHENTICATED],
}
export const SCHEDULER: UserInfo = { name: 'system:kube-scheduler', groups: [AUTHENTICATED] }
export const KUBE_PROXY: UserInfo = {
  name: 'system:kube-proxy',
  groups: ['system:node-proxier', AUTHENTICATED],
}

export const CLOUD_CONTROLLER_MANAGER: UserInfo = {
  name: 'system:cloud-controller-manager',
  groups: ['system:masters', AUTHENTICATED],
}
export const AUTOSCALER: UserInfo = {
  name: 'system:serviceaccount:kube-system:cluster-autoscaler',
  groups: ['system:masters', AUTHENTICATED],
}

/** A controller of the manager, as the service account that it writes as. */
export function controllerUser(account: string): UserInfo {
  return {
    name: `system:serviceaccount:kube-system:${account}`,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', AUTHENTICATED],
  }
}

export function nodeUser(node: string): UserInfo {
  return { name: `system:node:${node}`, groups: ['system:nodes', AUTHENTICATED] }
}
