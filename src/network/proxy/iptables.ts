/** The tables as kube-proxy writes them in iptables mode (upstream: pkg/proxy/iptables/proxier.go). */
import {
  type Endpoint,
  portKey,
  type ServicePortEntry,
  type ServiceTable,
  usableEndpoints,
} from '../service-table.ts'
import {
  endpointChain,
  externalChain,
  firewallChain,
  localChain,
  probability,
  serviceChain,
} from './rules.ts'

/** Rules by the place where they go, so that each place is written in one piece. */
interface Rules {
  readonly chains: Set<string>
  readonly services: string[]
  readonly nodePorts: string[]
  readonly details: string[]
  readonly filterServices: string[]
  readonly filterExternal: string[]
  readonly firewall: string[]
}

/** `iptables-save` of a node, without what is not kube-proxy's. */
export function iptablesRules(table: ServiceTable, node: string, clusterCidr: string): string {
  const rules: Rules = {
    chains: new Set(['KUBE-MARK-MASQ', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-SERVICES']),
    services: [],
    nodePorts: [],
    details: [],
    filterServices: [],
    filterExternal: [],
    firewall: [],
  }
  for (const entry of table.entries) writeService(rules, entry, node, clusterCidr)
  const lines = [
    '*filter',
    ':INPUT ACCEPT [0:0]',
    ':FORWARD ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':KUBE-EXTERNAL-SERVICES - [0:0]',
    ':KUBE-FIREWALL - [0:0]',
    ':KUBE-FORWARD - [0:0]',
    ':KUBE-PROXY-FIREWALL - [0:0]',
    ':KUBE-SERVICES - [0:0]',
    '-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    '-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
    '-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    ...rules.filterExternal,
    '-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ...rules.firewall,
    ...rules.filterServices,
    'COMMIT',
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':INPUT ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':POSTROUTING ACCEPT [0:0]',
    ...[...rules.chains].sort().map((chain) => `:${chain} - [0:0]`),
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
    ...rules.nodePorts,
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0',
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    ...rules.services,
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    ...rules.details,
    'COMMIT',
  ]
  return `${lines.join('\n')}\n`
}

function writeService(rules: Rules, entry: ServicePortEntry, node: string, clusterCidr: string): void {
  const key = portKey(entry)
  const protocol = entry.protocol.toLowerCase()
  const note = (what?: string) => `-m comment --comment "${what === undefined ? key : `${key} ${what}`}"`
  const to = (ip: string) => `-d ${ip}/32 -p ${protocol}`
  const port = `-m ${protocol} --dport ${entry.port}`
  const everywhere = usableEndpoints(entry, node, false)
  const here = usableEndpoints(entry, node, true)
  const cluster = serviceChain(entry)
  const local = localChain(entry)
  const reject = '-j REJECT --reject-with icmp-port-unreachable'
  const external = entry.nodePort > 0 || entry.externalIps.length > 0 || entry.loadBalancerIps.length > 0
  const internal = entry.internalLocal ? here : everywhere
  const outside = entry.externalLocal ? here : everywhere

  // Where nothing can answer, a refusal says so; where only others can, packets are dropped.
  if (internal.length > 0) {
    const chain = entry.internalLocal ? local : cluster
    rules.services.push(`-A KUBE-SERVICES ${to(entry.clusterIp)} ${note('cluster IP')} ${port} -j ${chain}`)
    rules.details.push(
      `-A ${chain} ! -s ${clusterCidr} ${to(entry.clusterIp)} ${note('cluster IP')} ${port} -j KUBE-MARK-MASQ`,
    )
  } else {
    const why = everywhere.length === 0 ? 'has no endpoints' : 'has no local endpoints'
    const verdict = everywhere.length === 0 ? reject : '-j DROP'
    rules.filterServices.push(`-A KUBE-SERVICES ${to(entry.clusterIp)} ${note(why)} ${port} ${verdict}`)
  }
  if (external) writeExternal(rules, entry, { everywhere, outside, clusterCidr, note, to, port, protocol })
  const usesCluster = everywhere.length > 0 && (external || !entry.internalLocal)
  const usesLocal = here.length > 0 && (entry.internalLocal || (external && entry.externalLocal))
  if (usesCluster) writeBalancing(rules, entry, cluster, everywhere, note)
  if (usesLocal) writeBalancing(rules, entry, local, here, note)
  for (const it of new Set([...(usesCluster ? everywhere : []), ...(usesLocal ? here : [])])) {
    const chain = endpointChain(entry, it)
    rules.chains.add(chain)
    const recent =
      entry.affinitySeconds > 0 ? ` -m recent --set --name ${chain} --mask 255.255.255.255 --rsource` : ''
    rules.details.push(
      `-A ${chain} -s ${it.ip}/32 ${note()} -j KUBE-MARK-MASQ`,
      `-A ${chain} -p ${protocol} ${note()}${recent} -m ${protocol} -j DNAT --to-destination ${it.ip}:${it.port}`,
    )
  }
}

interface Writing {
  readonly everywhere: readonly Endpoint[]
  readonly outside: readonly Endpoint[]
  readonly clusterCidr: string
  readonly port: string
  readonly protocol: string
  note(what?: string): string
  to(ip: string): string
}

/** What comes from outside the cluster: node ports, external addresses, load balancers. */
function writeExternal(rules: Rules, entry: ServicePortEntry, writing: Writing): void {
  const { everywhere, outside, clusterCidr, port, protocol, note, to } = writing
  const addresses = [
    ...entry.externalIps.map((ip) => [ip, 'external IP'] as const),
    ...entry.loadBalancerIps.map((ip) => [ip, 'loadbalancer IP'] as const),
  ]
  const nodePort = `-m addrtype --dst-type LOCAL -m ${protocol} --dport ${entry.nodePort}`
  if (outside.length === 0) {
    const why = note(everywhere.length === 0 ? 'has no endpoints' : 'has no local endpoints')
    const verdict = everywhere.length === 0 ? '-j REJECT --reject-with icmp-port-unreachable' : '-j DROP'
    for (const [ip] of addresses)
      rules.filterExternal.push(`-A KUBE-EXTERNAL-SERVICES ${to(ip)} ${why} ${port} ${verdict}`)
    if (entry.nodePort > 0) {
      rules.filterExternal.push(`-A KUBE-EXTERNAL-SERVICES -p ${protocol} ${why} ${nodePort} ${verdict}`)
    }
  }
  // Even then pods of this cluster reach endpoints elsewhere through the outer addresses.
  if (everywhere.length === 0) return
  const chain = externalChain(entry)
  rules.chains.add(chain)
  for (const [ip, what] of addresses) {
    const guarded = what === 'loadbalancer IP' && entry.sourceRanges.length > 0
    const firewall = firewallChain(entry)
    rules.services.push(`-A KUBE-SERVICES ${to(ip)} ${note(what)} ${port} -j ${guarded ? firewall : chain}`)
    if (!guarded) continue
    rules.chains.add(firewall)
    const key = portKey(entry)
    rules.firewall.push(
      `-A KUBE-PROXY-FIREWALL ${to(ip)} -m comment --comment "traffic to ${key} not accepted by ${firewall}" ${port} -j DROP`,
    )
    for (const range of entry.sourceRanges)
      rules.details.push(`-A ${firewall} -s ${range} ${note('loadbalancer IP')} -j ${chain}`)
    rules.details.push(
      `-A ${firewall} -m comment --comment "other traffic to ${key} will be dropped by KUBE-PROXY-FIREWALL"`,
    )
  }
  if (entry.nodePort > 0) {
    rules.nodePorts.push(
      `-A KUBE-NODEPORTS -p ${protocol} ${note()} -m ${protocol} --dport ${entry.nodePort} -j ${chain}`,
    )
  }
  const cluster = serviceChain(entry)
  if (!entry.externalLocal) {
    rules.details.push(
      `-A ${chain} -m comment --comment "masquerade traffic for ${portKey(entry)} external destinations" -j KUBE-MARK-MASQ`,
      `-A ${chain} -j ${cluster}`,
    )
    return
  }
  const about = (what: string) => `-m comment --comment "${what} ${portKey(entry)} external destinations"`
  rules.details.push(
    `-A ${chain} -s ${clusterCidr} ${about('pod traffic for')} -j ${cluster}`,
    `-A ${chain} ${about('masquerade LOCAL traffic for')} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
    `-A ${chain} ${about('route LOCAL traffic for')} -m addrtype --src-type LOCAL -j ${cluster}`,
  )
  if (outside.length > 0) rules.details.push(`-A ${chain} -j ${localChain(entry)}`)
}

/** One chain's choice: each rule takes its share of what the ones before it left. */
function writeBalancing(
  rules: Rules,
  entry: ServicePortEntry,
  chain: string,
  endpoints: readonly Endpoint[],
  note: (what?: string) => string,
): void {
  rules.chains.add(chain)
  if (entry.affinitySeconds > 0) {
    for (const it of endpoints) {
      const sep = endpointChain(entry, it)
      rules.details.push(
        `-A ${chain} ${note(`-> ${it.ip}:${it.port}`)} -m recent --rcheck --seconds ${entry.affinitySeconds} --reap --name ${sep} --mask 255.255.255.255 --rsource -j ${sep}`,
      )
    }
  }
  endpoints.forEach((it, index) => {
    const left = endpoints.length - index
    const chance = left > 1 ? ` -m statistic --mode random --probability ${probability(left)}` : ''
    rules.details.push(
      `-A ${chain} ${note(`-> ${it.ip}:${it.port}`)}${chance} -j ${endpointChain(entry, it)}`,
    )
  })
}
