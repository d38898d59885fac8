/** The nat table as kube-proxy writes it in iptables mode (upstream: pkg/proxy/iptables/proxier.go). */
import { portKey, type ServiceTable, usableEndpoints } from '../service-table.ts'
import { endpointChain, externalChain, probability, serviceChain } from './rules.ts'

/** `iptables-save -t nat` of a node, without what is not kube-proxy's. */
export function iptablesRules(table: ServiceTable, node: string, clusterCidr: string): string {
  const chains = ['KUBE-MARK-MASQ', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-SERVICES']
  const rules: string[] = [
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0',
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
  ]
  const services: string[] = []
  const nodePorts: string[] = []
  const details: string[] = []
  const filter: string[] = []
  for (const entry of table.entries) {
    const key = portKey(entry)
    const protocol = entry.protocol.toLowerCase()
    const endpoints = usableEndpoints(entry, node, entry.internalLocal)
    const note = (what?: string) => `-m comment --comment "${what === undefined ? key : `${key} ${what}`}"`
    const to = (ip: string) => `-d ${ip}/32 -p ${protocol}`
    const port = `-m ${protocol} --dport ${entry.port}`
    if (endpoints.length === 0) {
      const reject = '-j REJECT --reject-with icmp-port-unreachable'
      filter.push(`-A KUBE-SERVICES ${to(entry.clusterIp)} ${note('has no endpoints')} ${port} ${reject}`)
      if (entry.nodePort > 0) {
        filter.push(
          `-A KUBE-EXTERNAL-SERVICES -p ${protocol} ${note('has no endpoints')} -m addrtype --dst-type LOCAL -m ${protocol} --dport ${entry.nodePort} ${reject}`,
        )
      }
      continue
    }
    const chain = serviceChain(entry)
    chains.push(chain)
    services.push(`-A KUBE-SERVICES ${to(entry.clusterIp)} ${note('cluster IP')} ${port} -j ${chain}`)
    const external = entry.nodePort > 0 || entry.externalIps.length > 0 || entry.loadBalancerIps.length > 0
    if (external) {
      const ext = externalChain(entry)
      chains.push(ext)
      for (const ip of entry.externalIps)
        services.push(`-A KUBE-SERVICES ${to(ip)} ${note('external IP')} ${port} -j ${ext}`)
      for (const ip of entry.loadBalancerIps) {
        services.push(`-A KUBE-SERVICES ${to(ip)} ${note('loadbalancer IP')} ${port} -j ${ext}`)
      }
      if (entry.nodePort > 0) {
        nodePorts.push(
          `-A KUBE-NODEPORTS -p ${protocol} ${note()} -m ${protocol} --dport ${entry.nodePort} -j ${ext}`,
        )
      }
      if (entry.externalLocal) {
        details.push(`-A ${ext} -s ${clusterCidr} ${note('pod traffic')} -j ${chain}`)
      } else details.push(`-A ${ext} ${note('external traffic')} -j KUBE-MARK-MASQ`)
      details.push(`-A ${ext} -j ${chain}`)
    }
    details.push(
      `-A ${chain} ! -s ${clusterCidr} ${to(entry.clusterIp)} ${note('cluster IP')} ${port} -j KUBE-MARK-MASQ`,
    )
    if (entry.affinitySeconds > 0) {
      for (const it of endpoints) {
        const sep = endpointChain(entry, it)
        details.push(
          `-A ${chain} ${note(`-> ${it.ip}:${it.port}`)} -m recent --rcheck --seconds ${entry.affinitySeconds} --reap --name ${sep} --mask 255.255.255.255 --rsource -j ${sep}`,
        )
      }
    }
    endpoints.forEach((it, index) => {
      const sep = endpointChain(entry, it)
      chains.push(sep)
      const left = endpoints.length - index
      const chance = left > 1 ? ` -m statistic --mode random --probability ${probability(left)}` : ''
      details.push(`-A ${chain} ${note(`-> ${it.ip}:${it.port}`)}${chance} -j ${sep}`)
    })
    for (const it of endpoints) {
      const sep = endpointChain(entry, it)
      details.push(`-A ${sep} -s ${it.ip}/32 ${note()} -j KUBE-MARK-MASQ`)
      const recent =
        entry.affinitySeconds > 0 ? ` -m recent --set --name ${sep} --mask 255.255.255.255 --rsource` : ''
      details.push(
        `-A ${sep} -p ${protocol} ${note()}${recent} -m ${protocol} -j DNAT --to-destination ${it.ip}:${it.port}`,
      )
    }
  }
  rules.push(...services)
  rules.push(
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
  )
  rules.push(...nodePorts, ...details)
  const lines = ['*nat', ':PREROUTING ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', ':POSTROUTING ACCEPT [0:0]']
  for (const chain of [...new Set(chains)].sort()) lines.push(`:${chain} - [0:0]`)
  lines.push(
    ...rules,
    'COMMIT',
    '*filter',
    ':KUBE-EXTERNAL-SERVICES - [0:0]',
    ':KUBE-SERVICES - [0:0]',
    ...filter,
    'COMMIT',
  )
  return `${lines.join('\n')}\n`
}
