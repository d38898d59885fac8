/** Nodes, kubelets, kube-proxy and the endpoint slice controller on a real API server. */

import { Service } from '../../src/api/core/service.ts'
import { EndpointSlice } from '../../src/api/discovery/endpoint-slice.ts'
import type { Foundation } from '../../src/cluster/foundation.ts'
import { nodeUser } from '../../src/cluster/users.ts'
import type { ImageSpec } from '../../src/kubelet/cri/image-catalog.ts'
import { apiFront } from '../../src/network/api-front.ts'
import { ClusterNetwork, type ClusterNetworkOptions } from '../../src/network/cluster-network.ts'
import { kubeProxy } from '../../src/network/kube-proxy.ts'
import { sendTraffic, type TrafficOptions, type TrafficSummary } from '../../src/network/traffic.ts'
import { World } from '../kubelet/harness.ts'

export class NetworkWorld extends World {
  readonly net: ClusterNetwork

  constructor(
    options: {
      readonly nodes?: number
      readonly images?: readonly ImageSpec[]
    } & Partial<ClusterNetworkOptions> = {},
  ) {
    let net!: ClusterNetwork
    super({
      nodes: options.nodes ?? 2,
      images: options.images,
      network: (foundation: Foundation) => {
        net = new ClusterNetwork({
          loop: foundation.loop,
          journal: foundation.journal,
          random: foundation.random('network'),
          ...options,
        })
        return net
      },
    })
    this.net = net
    this.foundation.startProcess('kube-proxy', nodeUser('kube-proxy'), [kubeProxy({ network: net })])
    net.serve(
      '172.18.0.1',
      apiFront({
        api: this.foundation.server,
        port: 6443,
        authenticate: (token) => this.foundation.server.tokens.verify(token, this.foundation.loop.now),
      }),
    )
  }

  /** Pods `name-1` ... on alternating nodes, a Service over them and its slice, as controllers would make them. */
  async serve(name: string, image: string, pods: number, service: object = {}): Promise<void> {
    for (let i = 1; i <= pods; i++) {
      await this.run(
        `${name}-${i}`,
        { nodeName: `node-${((i - 1) % this.machines.length) + 1}`, containers: [{ name: 'c', image }] },
        { labels: { app: name } },
      )
    }
    await this.settle()
    await this.create(Service, {
      metadata: { name, namespace: 'default' },
      spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 80 }], ...service },
    })
    await this.slice(
      name,
      Array.from({ length: pods }, (_, i) => `${name}-${i + 1}`),
    )
    await this.settle()
  }

  async slice(
    service: string,
    pods: readonly string[],
    ready: (pod: string) => boolean = () => true,
  ): Promise<void> {
    const endpoints = []
    for (const pod of pods) {
      const { status, spec } = await this.pod(pod)
      endpoints.push({
        addresses: [status!.podIP!],
        nodeName: spec.nodeName,
        conditions: { ready: ready(pod), serving: ready(pod), terminating: false },
        targetRef: { kind: 'Pod', name: pod, namespace: 'default' },
      })
    }
    const slice: EndpointSlice = {
      metadata: {
        name: `${service}-abc`,
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': service },
      },
      addressType: 'IPv4',
      endpoints,
      ports: [{ name: '', port: 80, protocol: 'TCP' }],
    }
    const known = await this.outside(
      this.client.find(EndpointSlice, { namespace: 'default', name: `${service}-abc` }),
    )
    if (known === undefined) await this.create(EndpointSlice, slice)
    else await this.outside(this.client.replace(EndpointSlice, { ...known, endpoints }))
  }

  async clusterIp(name: string): Promise<string> {
    return (await this.outside(this.client.get(Service, { namespace: 'default', name }))).spec.clusterIP!
  }

  traffic(options: Omit<TrafficOptions, 'from'> & { from?: number }): Promise<TrafficSummary> {
    const { loop } = this.foundation
    const from = this.machines[(options.from ?? 1) - 1]!.stack
    return this.outside(
      new Promise((resolve) => {
        loop.inject(() => sendTraffic(this.net, loop, { ...options, from }, resolve))
      }),
    )
  }
}
