/** Virtual servers as kube-proxy sets them up in ipvs mode (upstream: pkg/proxy/ipvs/proxier.go). */
import { type Endpoint, type ServiceTable, usableEndpoints } from '../service-table.ts'
import type { IpvsScheduler, NodeBalancer } from './balancer.ts'

/** `ipvsadm -Ln`. */
export function ipvsServers(
  table: ServiceTable,
  node: string,
  nodeIp: string,
  scheduler: IpvsScheduler,
  balancer: NodeBalancer | undefined,
): string {
  const lines = [
    'IP Virtual Server version 1.2.1 (size=4096)',
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
  ]
  for (const entry of table.entries) {
    const internal = usableEndpoints(entry, node, entry.internalLocal)
    const external = usableEndpoints(entry, node, entry.externalLocal)
    const flags = entry.affinitySeconds > 0 ? ` persistent ${entry.affinitySeconds}` : ''
    const server = (ip: string, port: number, endpoints: readonly Endpoint[]) => {
      lines.push(`${entry.protocol.padEnd(4)} ${ip}:${port} ${scheduler}${flags}`)
      for (const it of endpoints) {
        const active = balancer?.active(it) ?? 0
        lines.push(
          `  -> ${`${it.ip}:${it.port}`.padEnd(27)}  Masq    1      ${String(active).padEnd(10)} 0         `,
        )
      }
    }
    server(entry.clusterIp, entry.port, internal)
    for (const ip of [...entry.externalIps, ...entry.loadBalancerIps]) server(ip, entry.port, external)
    if (entry.nodePort > 0) server(nodeIp, entry.nodePort, external)
  }
  return `${lines.join('\n')}\n`
}
