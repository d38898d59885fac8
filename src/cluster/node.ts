/** A node from outside: its machine and its kubelet's process, and what may happen to them. */

import { Node } from '../api/core/node.ts'
import { mayKubeletSet } from '../apiserver/admission/node-restriction.ts'
import type { ProcessHandle } from '../client/process-host.ts'
import type { Link } from '../client/transport.ts'
import { kubelet } from '../kubelet/kubelet.ts'
import { Machine } from '../kubelet/machine.ts'
import type { ClusterOptions, CommandResult, NodeHandle, NodeSpec } from './cluster.ts'
import type { Foundation } from './foundation.ts'
import { runNodeTool } from './node-tools.ts'
import { ADMIN, nodeUser } from './users.ts'

const CAPACITY = { cpu: '4', memory: '16Gi', pods: '110', 'ephemeral-storage': '100Gi' }

/** Between two looks whether a node has registered. */
const LABEL_RETRY_MS = 500

export type NamedNodeSpec = NodeSpec & { readonly name: string }

export class SimNode implements NodeHandle {
  readonly name: string
  readonly spec: NamedNodeSpec
  readonly ordinal: number
  readonly machine: Machine
  readonly process: ProcessHandle
  readonly #foundation: Foundation
  readonly #link: Link

  /** @param ordinal 1 for the first node: gives it its address and its range of pod addresses */
  constructor(
    spec: NamedNodeSpec,
    ordinal: number,
    foundation: Foundation,
    options: ClusterOptions,
    from?: SimNode,
  ) {
    this.name = spec.name
    this.spec = spec
    this.ordinal = ordinal
    this.#foundation = foundation
    const name = `kubelet/${spec.name}`
    this.machine =
      from?.machine.clone(
        {
          loop: foundation.loop,
          journal: foundation.journal,
          random: foundation.random(`machine/${spec.name}`),
          network: foundation.podNetwork,
        },
        foundation.disks,
      ) ?? this.#newMachine(ordinal, options)
    this.#link = foundation.network.link(name)
    const labels = Object.entries(nodeLabels(spec))
    const restricted = options.authorization === 'RBAC'
    const own = restricted ? labels.filter(([label]) => mayKubeletSet(label)) : labels
    const others = labels.filter((it) => !own.includes(it))
    this.process = foundation.startProcess(name, nodeUser(spec.name), [
      kubelet({
        machine: this.machine,
        labels: Object.fromEntries(own),
        taints: spec.taints,
        podCidr: podCidrOf(ordinal),
      }),
    ])
    if (!this.machine.on) this.process.crash()
    if (from === undefined && others.length > 0) this.#label(Object.fromEntries(others))
  }

  /** Labels that a kubelet may not give itself, as kubeadm sets them once the node is there. */
  #label(labels: Readonly<Record<string, string>>): void {
    const { name } = this
    const { loop } = this.#foundation
    loop.spawn(`label node ${name}`, 'kubeadm', async () => {
      const client = this.#foundation.outsideClient(ADMIN, 'kubeadm')
      while ((await client.find(Node, { name })) === undefined) await loop.sleep(LABEL_RETRY_MS)
      await client.patch(Node, { name }, { metadata: { labels } })
    })
  }

  crash(): void {
    this.#fault('crashes', () => {
      this.machine.powerOff()
      this.process.crash()
    })
  }

  shutdown(): void {
    this.#fault('shuts down', () => this.machine.shutdown(() => this.process.crash()))
  }

  recover(): void {
    this.#fault('comes back', () => {
      this.machine.powerOn()
      this.process.restart()
    })
  }

  crashKubelet(): void {
    this.#fault('kubelet crashes', () => this.process.crash())
  }

  restartKubelet(): void {
    this.#fault('kubelet restarts', () => this.process.restart())
  }

  partition(): void {
    this.#fault('is cut off from the API server', () => this.#link.partition())
  }

  heal(): void {
    this.#fault('is reachable again', () => this.#link.heal())
  }

  tool(command: readonly string[]): CommandResult {
    return runNodeTool(this.machine, this.#foundation.podNetwork, command)
  }

  #fault(text: string, body: () => void): void {
    const { loop, journal } = this.#foundation
    const cause = journal.record('fault', 'user', `Node ${this.name}`, text)
    loop.within(loop.causedBy(cause), body)
  }

  #newMachine(ordinal: number, options: ClusterOptions): Machine {
    const { spec, name } = this
    return new Machine(
      {
        nodeName: name,
        loop: this.#foundation.loop,
        journal: this.#foundation.journal,
        random: this.#foundation.random(`machine/${name}`),
        catalog: this.#foundation.images,
        programs: this.#foundation.programs,
        network: this.#foundation.podNetwork,
        ips: [addressOf(ordinal)],
        capacity: {
          ...CAPACITY,
          ...spec.resources,
          ...(spec.cpu !== undefined && { cpu: spec.cpu }),
          ...(spec.memory !== undefined && { memory: spec.memory }),
          ...(spec.pods !== undefined && { pods: String(spec.pods) }),
        },
        runtime: spec.runtime === 'dockershim' ? 'docker' : spec.runtime,
        imageBytesPerSecond: options.pullBandwidth,
        showRuntimeSteps: options.runtimeSteps,
      },
      this.#foundation.disks,
    )
  }
}

/** 10.0.0.1 and on: 65,000 nodes fit. */
function addressOf(ordinal: number): string {
  return `10.0.${ordinal >> 8}.${ordinal & 0xff}`
}

/** 10.244.0.0/24 and on, as the node IPAM controller hands them out. */
function podCidrOf(ordinal: number): string {
  return `10.${244 + ((ordinal - 1) >> 8)}.${(ordinal - 1) & 0xff}.0/24`
}

function nodeLabels(spec: NodeSpec): Readonly<Record<string, string>> {
  return {
    ...(spec.zone !== undefined && { 'topology.kubernetes.io/zone': spec.zone }),
    ...(spec.region !== undefined && { 'topology.kubernetes.io/region': spec.region }),
    ...spec.labels,
  }
}
