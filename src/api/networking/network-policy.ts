/** Which traffic pods of a set accept and send. */

import { ageColumn, nameColumn, orNone, selectorText, text } from '../columns.ts'
import { warnOfCidr } from '../core/ip-warnings.ts'
import { fill, mapField, mapList } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, int32, intOrString, kept, list, string, struct } from '../schema.ts'
import { validateNetworkPolicy } from './network-policy-validation.ts'

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
  defaults: (object) =>
    mapField(object, 'spec', (given) => {
      const withPorts = <T extends { readonly ports?: readonly NetworkPolicyPort[] }>(rule: T): T =>
        mapField(rule, 'ports', (ports) => mapList(ports ?? [], (port) => fill(port, { protocol: 'TCP' })))
      const policyTypes = (given.egress ?? []).length > 0 ? BOTH : INGRESS
      let spec = fill(given, { policyTypes })
      spec = mapField(spec, 'ingress', (rules) => mapList(rules, withPorts))
      return mapField(spec, 'egress', (rules) => mapList(rules, withPorts))
    }),
  warn({ spec }, warnings) {
    const warnOfPeers = (field: string, peers: readonly NetworkPolicyPeer[] | undefined) =>
      warnings.each(field, peers, ({ ipBlock }) =>
        warnings.at('ipBlock', () => {
          warnOfCidr('cidr', ipBlock?.cidr, warnings)
          warnings.each('except', ipBlock?.except, (range) => warnOfCidr(undefined, range, warnings))
        }),
      )
    warnings.at('spec', () => {
      warnings.each('ingress', spec?.ingress, ({ from }) => warnOfPeers('from', from))
      warnings.each('egress', spec?.egress, ({ to }) => warnOfPeers('to', to))
    })
  },
  validate: validateNetworkPolicy,
  columns: [
    nameColumn,
    text('Pod-Selector', 'The pods it is about.', ({ spec }) =>
      orNone(selectorText(spec?.podSelector ?? {})),
    ),
    ageColumn,
  ],
})

const INGRESS: readonly string[] = Object.freeze(['Ingress'])
const BOTH: readonly string[] = Object.freeze(['Ingress', 'Egress'])

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
