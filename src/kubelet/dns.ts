/** What a pod's resolver is told (upstream: pkg/kubelet/network/dns/dns.go). */
import type { Pod } from '../api/core/pod.ts'

export interface ClusterDns {
  readonly clusterDomain: string
  /** Address of the cluster's DNS service. */
  readonly nameserver: string
  /** The node's own resolv.conf. */
  readonly host: DnsSettings
}

export interface DnsSettings {
  readonly nameservers: readonly string[]
  readonly searches: readonly string[]
  readonly ndots: number
}

export const DEFAULT_DNS: ClusterDns = {
  clusterDomain: 'cluster.local',
  nameserver: '10.96.0.10',
  host: { nameservers: ['192.168.0.1'], searches: [], ndots: 1 },
}

const byNamespace = new WeakMap<ClusterDns, Map<string, DnsSettings>>()

export function dnsOf(pod: Pod, cluster: ClusterDns): DnsSettings {
  const { dnsPolicy = 'ClusterFirst', hostNetwork, dnsConfig } = pod.spec
  const inCluster =
    dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && hostNetwork !== true)
  let settings: DnsSettings
  if (dnsPolicy === 'None') settings = { nameservers: [], searches: [], ndots: 1 }
  else if (inCluster) settings = clusterFirst(pod.metadata?.namespace ?? '', cluster)
  else settings = cluster.host
  if (dnsConfig === undefined) return settings
  const ndots = dnsConfig.options?.find((it) => it.name === 'ndots')?.value
  return {
    nameservers: unique([...settings.nameservers, ...(dnsConfig.nameservers ?? [])]),
    searches: unique([...settings.searches, ...(dnsConfig.searches ?? [])]),
    ndots: ndots === undefined ? settings.ndots : Number(ndots),
  }
}

/** The same for all pods of a namespace. */
function clusterFirst(namespace: string, cluster: ClusterDns): DnsSettings {
  let known = byNamespace.get(cluster)
  if (known === undefined) byNamespace.set(cluster, (known = new Map()))
  let settings = known.get(namespace)
  if (settings === undefined) {
    const { clusterDomain, nameserver, host } = cluster
    settings = {
      nameservers: [nameserver],
      searches: [
        `${namespace}.svc.${clusterDomain}`,
        `svc.${clusterDomain}`,
        clusterDomain,
        ...host.searches,
      ],
      ndots: 5,
    }
    known.set(namespace, settings)
  }
  return settings
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)]
}
