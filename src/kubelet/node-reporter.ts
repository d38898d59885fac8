/**
 * Registers the node, renews its Lease every 10 s and writes its status when it changed, or every 5 minutes
 * (upstream: pkg/kubelet/kubelet_node_status.go and component-helpers lease). All nodes of a cluster share one
 * timer; a renewal is one request, and nothing is computed while nothing changes.
 */
import { Lease } from '../api/coordination/lease.ts'
import { Node } from '../api/core/node.ts'
import type { Stored } from '../api/kind.ts'
import { CSINode } from '../api/storage/csi-node.ts'
import { formatMicroTime, formatTime } from '../api/time.ts'
import type { EventRecorder } from '../client/event-recorder.ts'
import type { Process } from '../client/process.ts'
import type { Timer } from '../kernel/event-loop.ts'
import { hasNewResources, type NodeFacts, type NodeHealth, newNode, nodeStatus } from './node-status.ts'

const PERIOD_MS = 10_000
const REPORT_MS = 300_000
const LEASE_SECONDS = 40
const LEASE_NAMESPACE = 'kube-node-lease'
const RETRY_MS = 200
const RETRY_MS_MAX = 7000

/** The renewal time as text, made once for all nodes that renew at the same instant. */
let renewedAt = Number.NaN
let renewedText = ''

function renewTime(now: number): string {
  if (now !== renewedAt) {
    renewedAt = now
    renewedText = formatMicroTime(now)
  }
  return renewedText
}

export interface NodeReporterOptions {
  readonly process: Process
  readonly recorder: EventRecorder
  readonly facts: NodeFacts
  health(): NodeHealth
  /** A tick of 10 s, after the lease. */
  onTick(): void
  /** The node is there (again). */
  registered(node: Stored<Node>): void
}

/** What nodes are like when all is well. */
const USUAL = {
  memory: 'NodeHasSufficientMemory',
  disk: 'NodeHasNoDiskPressure',
  pid: 'NodeHasSufficientPID',
  schedulable: 'NodeSchedulable',
} as const

export class NodeReporter {
  readonly #options: NodeReporterOptions
  #node: Stored<Node> | undefined
  #lease: Stored<Lease> | undefined
  #reportedAt = 0
  #dirty = true
  #reporting = false
  #renewing = false
  #soon: Timer | undefined
  #attempts = 0
  /** The state last told in Events, by respect. */
  readonly #said: Record<keyof typeof USUAL, string> = { ...USUAL }
  #saidReady: boolean | undefined

  constructor(options: NodeReporterOptions) {
    this.#options = options
    this.#register()
    options.process.clock.shared(PERIOD_MS, () => this.#tick())
  }

  get node(): Stored<Node> | undefined {
    return this.#node
  }

  /** The informer brought a newer version; undefined: somebody deleted the Node. */
  observed(node: Stored<Node> | undefined): void {
    if (node === undefined) {
      // Upstream does not register again before it restarts; its status writes fail meanwhile.
      this.#node = undefined
      return
    }
    this.#node = node
    if (hasNewResources(node.status)) this.changedSlightly()
    this.#tell('schedulable', node.spec.unschedulable === true ? 'NodeNotSchedulable' : 'NodeSchedulable')
  }

  /** An Event when the node's state in some respect differs from what was last said about it. */
  #tell(respect: keyof typeof USUAL, state: string): void {
    if (this.#said[respect] === state) return
    this.#said[respect] = state
    this.event('Normal', state, `Node ${this.#options.facts.name} status is now: ${state}`)
  }

  /** Something that the status shows has changed: it is written soon, not with the next period. */
  changed(): void {
    this.#dirty = true
    if (this.#soon !== undefined || this.#node === undefined) return
    this.#soon = this.#options.process.clock.after(
      0,
      () => {
        this.#soon = undefined
        this.#report()
      },
      { label: 'node status' },
    )
  }

  /** Something less urgent has changed, such as the list of images: the next tick tells. */
  changedSlightly(): void {
    this.#dirty = true
  }

  /** The node's own events speak of it by name, not by uid. */
  event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { name } = this.#options.facts
    const about = { kind: 'Node', apiVersion: 'v1', metadata: { name, uid: name } }
    this.#options.recorder.event(about, type, reason, message)
  }

  #tick(): void {
    const { process, onTick } = this.#options
    if (this.#node === undefined) return
    this.#renew()
    if (this.#dirty || process.clock.now() - this.#reportedAt >= REPORT_MS) this.#report()
    onTick()
  }

  #register(): void {
    const { process, facts } = this.#options
    const { transport, requests } = process
    transport.request(requests.get(Node, { name: facts.name }), (response) => {
      if (response.ok) this.#registered(response.body as Stored<Node>)
      else if (response.code === 404) {
        transport.request(requests.create(Node, newNode(facts)), (created) => {
          if (created.ok) this.#registered(created.body as Stored<Node>)
          else this.#registerLater()
        })
      } else this.#registerLater()
    })
  }

  #registerLater(): void {
    const delay = Math.min(RETRY_MS * 2 ** this.#attempts++, RETRY_MS_MAX)
    this.#options.process.clock.after(delay, () => this.#register(), {
      background: true,
      label: 'node registration',
    })
  }

  #registered(node: Stored<Node>): void {
    this.#node = node
    this.#attempts = 0
    this.event('Normal', 'Starting', 'Starting kubelet.')
    const { name, bootId } = this.#options.facts
    for (const state of [USUAL.memory, USUAL.disk, USUAL.pid])
      this.event('Normal', state, `Node ${name} status is now: ${state}`)
    const lastBoot = node.status?.nodeInfo?.bootID
    if (lastBoot && lastBoot !== bootId) {
      this.event('Warning', 'Rebooted', `Node ${name} has been rebooted, boot id: ${bootId}`)
    }
    this.event('Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods')
    this.#options.registered(node)
    this.#registerDrivers(node)
    this.#renew()
    this.#report()
  }

  /** Drivers fill it in when they come; it goes with its node (volume/csi/nodeinfomanager). */
  #registerDrivers({ metadata: { name, uid } }: Stored<Node>): void {
    const { transport, requests, clock } = this.#options.process
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid }]
    const drivers: CSINode = { metadata: { name, ownerReferences }, spec: { drivers: [] } }
    transport.request(requests.create(CSINode, drivers), (created) => {
      if (created.ok || created.code === 409) return
      const again = () => this.#node?.metadata.uid === uid && this.#registerDrivers(this.#node)
      clock.after(RETRY_MS_MAX, again, { background: true, label: 'drivers of the node' })
    })
  }

  #report(): void {
    const { process, facts, health } = this.#options
    const node = this.#node
    if (node === undefined || this.#reporting) return
    const now = process.clock.now()
    const seen = health()
    const ready = seen.notReady === undefined
    if (this.#saidReady !== ready && (this.#saidReady !== undefined || ready)) {
      const reason = ready ? 'NodeReady' : 'NodeNotReady'
      this.event('Normal', reason, `Node ${facts.name} status is now: ${reason}`)
    }
    this.#saidReady = ready
    this.#tell('memory', seen.memoryPressure ? 'NodeHasInsufficientMemory' : USUAL.memory)
    this.#tell('disk', seen.diskPressure ? 'NodeHasDiskPressure' : USUAL.disk)
    this.#tell('pid', seen.pidPressure ? 'NodeHasInsufficientPID' : USUAL.pid)
    this.#dirty = false
    this.#reporting = true
    const status = nodeStatus(facts, seen, node.status, formatTime(now))
    const reported: Node = { ...node, status }
    process.transport.request(process.requests.updateStatus(Node, reported), (response) => {
      this.#reporting = false
      if (response.ok) {
        this.#node = response.body as Stored<Node>
        this.#reportedAt = now
        if (this.#dirty) this.changed()
      } else if (response.code === 409) this.#refresh()
      else this.#dirty = true // With the next tick.
    })
  }

  #refresh(): void {
    const { process, facts } = this.#options
    process.transport.request(process.requests.get(Node, { name: facts.name }), (response) => {
      this.#dirty = true
      if (!response.ok) return
      this.#node = response.body as Stored<Node>
      this.#report()
    })
  }

  #renew(): void {
    if (this.#renewing) return
    const { process, facts } = this.#options
    const { transport, requests, clock } = process
    const time = renewTime(clock.now())
    this.#renewing = true
    const lease = this.#lease
    if (lease === undefined) {
      this.#createLease(time)
      return
    }
    const renewed = { ...lease, spec: { ...lease.spec, holderIdentity: facts.name, renewTime: time } }
    transport.request(requests.update(Lease, renewed), (response) => {
      this.#renewing = false
      if (response.ok) this.#lease = response.body as Stored<Lease>
      else if (response.code === 404 || response.code === 409) this.#lease = undefined
    })
  }

  /** Takes over what is there, or makes a new one that goes with the Node. */
  #createLease(time: string): void {
    const { process, facts } = this.#options
    const { transport, requests } = process
    transport.request(requests.get(Lease, { namespace: LEASE_NAMESPACE, name: facts.name }), (response) => {
      this.#renewing = false
      if (response.ok) {
        this.#lease = response.body as Stored<Lease>
        this.#renew()
        return
      }
      if (response.code !== 404 || this.#node === undefined) return
      this.#renewing = true
      const lease: Lease = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name: facts.name,
          namespace: LEASE_NAMESPACE,
          ownerReferences: [
            { apiVersion: 'v1', kind: 'Node', name: facts.name, uid: this.#node.metadata.uid },
          ],
        },
        spec: { holderIdentity: facts.name, leaseDurationSeconds: LEASE_SECONDS, renewTime: time },
      }
      transport.request(requests.create(Lease, lease), (created) => {
        this.#renewing = false
        if (created.ok) this.#lease = created.body as Stored<Lease>
      })
    })
  }
}
