/** The rules of the first proxy mode, removed in v1.26 and kept for comparison: all traffic goes through the process. */
import { portKey, type ServiceTable, usableEndpoints } from '../service-table.ts'
import { chainHash } from './rules.ts'

export function userspaceRules(table: ServiceTable, node: string): string {
  const lines = ['*nat', ':KUBE-PORTALS-CONTAINER - [0:0]', ':KUBE-PORTALS-HOST - [0:0]']
  for (const entry of table.entries) {
    const protocol = entry.protocol.toLowerCase()
    // Each service port has a port of the proxy process itself.
    const local =
      32_768 + (Number.parseInt(chainHash(portKey(entry)).replace(/\D/g, '').slice(0, 4) || '1', 10) % 28_000)
    const match = `-d ${entry.clusterIp}/32 -p ${protocol} -m comment --comment "${portKey(entry)}" -m ${protocol} --dport ${entry.port}`
    lines.push(`-A KUBE-PORTALS-CONTAINER ${match} -j REDIRECT --to-ports ${local}`)
    lines.push(
      `# kube-proxy:${local} -> ${
        usableEndpoints(entry, node, false)
          .map((it) => `${it.ip}:${it.port}`)
          .join(', ') || 'nothing'
      } in turn`,
    )
  }
  return `${[...lines, 'COMMIT'].join('\n')}\n`
}
