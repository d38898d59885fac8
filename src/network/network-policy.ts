/** Whether NetworkPolicies let a connection through (networking.k8s.io/v1). */
import { compileSelector } from '../api/label-selector.ts'
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../api/networking/network-policy.ts'
import { inCidr } from './ip.ts'

/** One end of a connection; outside the cluster only the address is known. */
export interface Party {
  readonly ip: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly namespaceLabels?: Readonly<Record<string, string>>
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[]
}

export interface Flow {
  readonly from: Party
  readonly to: Party
  readonly port: number
  readonly protocol: string
}

/** The policy whose rules forbid it, or undefined when it may pass. */
export function forbiddenBy(
  policies: readonly NetworkPolicy[],
  flow: Flow,
): { policy: NetworkPolicy; direction: 'ingress' | 'egress' } | undefined {
  const egress = selecting(policies, flow.from, 'Egress')
  if (egress.length > 0 && !egress.some((it) => allows(it, flow, 'egress')))
    return { policy: egress[0]!, direction: 'egress' }
  const ingress = selecting(policies, flow.to, 'Ingress')
  if (ingress.length > 0 && !ingress.some((it) => allows(it, flow, 'ingress')))
    return { policy: ingress[0]!, direction: 'ingress' }
  return undefined
}

function selecting(
  policies: readonly NetworkPolicy[],
  party: Party,
  type: 'Ingress' | 'Egress',
): NetworkPolicy[] {
  const { labels } = party
  if (labels === undefined) return []
  return policies.filter((it) => {
    if (it.metadata?.namespace !== party.namespace) return false
    const types =
      it.spec?.policyTypes ?? (it.spec?.egress === undefined ? ['Ingress'] : ['Ingress', 'Egress'])
    return types.includes(type) && compileSelector(it.spec?.podSelector ?? {}).matches(labels)
  })
}

function allows(policy: NetworkPolicy, flow: Flow, direction: 'ingress' | 'egress'): boolean {
  const other = direction === 'ingress' ? flow.from : flow.to
  const rules =
    direction === 'ingress'
      ? (policy.spec?.ingress ?? []).map((it) => ({ ports: it.ports, peers: it.from }))
      : (policy.spec?.egress ?? []).map((it) => ({ ports: it.ports, peers: it.to }))
  return rules.some(
    ({ ports, peers }) =>
      (ports === undefined || ports.length === 0 || ports.some((it) => portMatches(it, flow))) &&
      (peers === undefined ||
        peers.length === 0 ||
        peers.some((it) => peerMatches(it, other, policy.metadata?.namespace))),
  )
}

function portMatches({ protocol = 'TCP', port, endPort }: NetworkPolicyPort, flow: Flow): boolean {
  if (protocol !== flow.protocol) return false
  if (port === undefined) return true
  if (typeof port === 'number')
    return endPort === undefined ? flow.port === port : flow.port >= port && flow.port <= endPort
  return flow.to.ports?.some((it) => it.name === port && it.containerPort === flow.port) === true
}

function peerMatches(peer: NetworkPolicyPeer, party: Party, namespace: string | undefined): boolean {
  if (peer.ipBlock !== undefined) {
    const { cidr, except = [] } = peer.ipBlock
    return inCidr(party.ip, cidr) && !except.some((it) => inCidr(party.ip, it))
  }
  if (party.labels === undefined) return false
  if (peer.namespaceSelector === undefined) {
    if (party.namespace !== namespace) return false
  } else if (!compileSelector(peer.namespaceSelector).matches(party.namespaceLabels ?? {})) return false
  return peer.podSelector === undefined || compileSelector(peer.podSelector).matches(party.labels)
}
