/** The kube-proxy table in nftables mode (upstream: pkg/proxy/nftables/proxier.go). */
import {
  type Endpoint,
  portKey,
  type ServicePortEntry,
  type ServiceTable,
  usableEndpoints,
} from '../service-table.ts'
import { chainHash } from './rules.ts'

/** `nft list table ip kube-proxy`. */
export function nftablesRules(table: ServiceTable, node: string, clusterCidr: string): string {
  const ips: string[] = []
  const ports: string[] = []
  const none: string[] = []
  const chains: string[] = []
  for (const entry of table.entries) {
    const protocol = entry.protocol.toLowerCase()
    const endpoints = usableEndpoints(entry, node, entry.internalLocal)
    if (endpoints.length === 0) {
      none.push(
        `${entry.clusterIp} . ${protocol} . ${entry.port} comment "${portKey(entry)}" : goto reject-chain`,
      )
      continue
    }
    const chain = chainOf('service', name(entry))
    const external = chainOf('external', name(entry))
    ips.push(`${entry.clusterIp} . ${protocol} . ${entry.port} : goto ${chain}`)
    for (const ip of [...entry.externalIps, ...entry.loadBalancerIps]) {
      ips.push(`${ip} . ${protocol} . ${entry.port} : goto ${external}`)
    }
    if (entry.nodePort > 0) ports.push(`${protocol} . ${entry.nodePort} : goto ${external}`)
    const choices = endpoints.map((it, index) => `${index} : goto ${endpointChain(entry, it)}`)
    chains.push(
      block(`chain ${chain}`, [
        `ip daddr ${entry.clusterIp} ${protocol} dport ${entry.port} ip saddr != ${clusterCidr} jump mark-for-masquerade`,
        `numgen random mod ${endpoints.length} vmap { ${choices.join(', ')} }`,
      ]),
    )
    if (entry.nodePort > 0 || entry.externalIps.length > 0 || entry.loadBalancerIps.length > 0) {
      const masquerade = entry.externalLocal ? [] : ['jump mark-for-masquerade']
      chains.push(block(`chain ${external}`, [...masquerade, `goto ${chain}`]))
    }
    for (const it of endpoints) {
      chains.push(
        block(`chain ${endpointChain(entry, it)}`, [
          `ip saddr ${it.ip} jump mark-for-masquerade`,
          `meta l4proto ${protocol} dnat to ${it.ip}:${it.port}`,
        ]),
      )
    }
  }
  return `${[
    'table ip kube-proxy {',
    indent(
      block('map service-ips', [
        'type ipv4_addr . inet_proto . inet_service : verdict',
        `elements = { ${ips.join(', ')} }`,
      ]),
    ),
    indent(
      block('map service-nodeports', [
        'type inet_proto . inet_service : verdict',
        `elements = { ${ports.join(', ')} }`,
      ]),
    ),
    indent(
      block('map no-endpoint-services', [
        'type ipv4_addr . inet_proto . inet_service : verdict',
        `elements = { ${none.join(', ')} }`,
      ]),
    ),
    indent(
      block('chain services', [
        'ip daddr . meta l4proto . th dport vmap @service-ips',
        'fib daddr type local meta l4proto . th dport vmap @service-nodeports',
      ]),
    ),
    indent(block('chain mark-for-masquerade', ['mark set mark or 0x4000'])),
    indent(block('chain reject-chain', ['reject'])),
    ...chains.map(indent),
    '}',
  ].join('\n')}\n`
}

/** A name that stays unique when it is cut: the digest of all of it comes first. */
function chainOf(kind: 'service' | 'external' | 'endpoint', whole: string): string {
  return `${kind}-${chainHash(whole).slice(0, 8)}-${whole}`
}

function endpointChain(entry: ServicePortEntry, { ip, port }: Endpoint): string {
  return chainOf('endpoint', `${name(entry)}__${ip}/${port}`)
}

function name(entry: ServicePortEntry): string {
  return `${entry.namespace}/${entry.name}/${entry.protocol.toLowerCase()}/${entry.portName}`
}

function block(head: string, lines: readonly string[]): string {
  return `${head} {\n${lines.map((line) => `\t${line}\n`).join('')}}`
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `\t${line}`)
    .join('\n')
}
