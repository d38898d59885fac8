/** Which traffic pods of a set accept and send. */
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, int32, intOrString, kept, list, string, struct } from '../schema.ts'

export const NetworkPolicy = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  resource: 'networkpolicies',
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  namespaced: true,
  schema: () => networkPolicy,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: false,
  unconditionalUpdate: true,
})

export interface NetworkPolicy extends Infer<typeof networkPolicy> {}
export const networkPolicy = struct(
  'networking/v1.NetworkPolicy',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(networkPolicySpec),
  }),
  'spec',
)

export interface NetworkPolicySpec extends Infer<typeof networkPolicySpec> {}
export const networkPolicySpec = struct(
  'networking/v1.NetworkPolicySpec',
  () => ({
    podSelector: filled(labelSelector),
    ingress: list(networkPolicyIngressRule),
    egress: list(networkPolicyEgressRule),
    policyTypes: list(string),
  }),
  'podSelector',
)

export interface NetworkPolicyIngressRule extends Infer<typeof networkPolicyIngressRule> {}
export const networkPolicyIngressRule = struct('networking/v1.NetworkPolicyIngressRule', () => ({
  ports: list(networkPolicyPort),
  from: list(networkPolicyPeer),
}))

export interface NetworkPolicyPort extends Infer<typeof networkPolicyPort> {}
export const networkPolicyPort = struct('networking/v1.NetworkPolicyPort', () => ({
  protocol: kept(string),
  port: intOrString,
  endPort: kept(int32),
}))

export interface NetworkPolicyPeer extends Infer<typeof networkPolicyPeer> {}
export const networkPolicyPeer = struct('networking/v1.NetworkPolicyPeer', () => ({
  podSelector: labelSelector,
  namespaceSelector: labelSelector,
  ipBlock: ipBlock,
}))

export interface IPBlock extends Infer<typeof ipBlock> {}
export const ipBlock = struct(
  'networking/v1.IPBlock',
  () => ({
    cidr: string,
    except: list(string),
  }),
  'cidr',
)

export interface NetworkPolicyEgressRule extends Infer<typeof networkPolicyEgressRule> {}
export const networkPolicyEgressRule = struct('networking/v1.NetworkPolicyEgressRule', () => ({
  ports: list(networkPolicyPort),
  to: list(networkPolicyPeer),
}))
