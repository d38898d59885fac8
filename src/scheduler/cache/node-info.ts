/** A node as the scheduler sees it: the object, the pods on it (bound or assumed) and what they take. */
import type { Node, Taint } from '../../api/core/node.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Stored } from '../../api/kind.ts'
import { type Labels, labelsOf } from './matchers.ts'
import type { HostPort, PodClass } from './pod-class.ts'
import type { PodRequests, ResourceColumns } from './resource-columns.ts'

/** A pod as the scheduler knows it. `pod` is replaced by newer versions; the class only by a changed spec or labels. */
export interface PodInfo {
  pod: Stored<Pod>
  readonly uid: string
  class: PodClass
  requests: PodRequests
  /** The name of the node it stands on or is assumed on; '' while it waits. */
  nodeName: string
}

const NO_TAINTS: readonly Taint[] = Object.freeze([])

export class NodeInfo {
  readonly slot: number
  readonly name: string
  /** Undefined while only pods that name it are known. */
  node: Stored<Node> | undefined
  /** By uid, in order of arrival. */
  readonly pods = new Map<string, PodInfo>()
  /** Host ports taken: `protocol/port` -> address -> pods. */
  readonly ports = new Map<string, Map<string, number>>()
  /** Images on the node: name -> bytes. */
  images: ReadonlyMap<string, number> = new Map()
  readonly #columns: ResourceColumns

  constructor(slot: number, name: string, columns: ResourceColumns) {
    this.slot = slot
    this.name = name
    this.#columns = columns
  }

  get labels(): Labels {
    return labelsOf(this.node ?? {})
  }

  get taints(): readonly Taint[] {
    return this.node?.spec.taints ?? NO_TAINTS
  }

  get podCount(): number {
    return this.#columns.podCount[this.slot]!
  }

  get allowedPods(): number {
    return this.#columns.allowedPods[this.slot]!
  }

  get nonZeroCpu(): number {
    return this.#columns.nonZeroCpu[this.slot]!
  }

  get nonZeroMemory(): number {
    return this.#columns.nonZeroMemory[this.slot]!
  }

  /** By column of {@link ResourceColumns}: cpu in milli, others in whole units. */
  allocatable(column: number): number {
    return this.#columns.allocatable[column]![this.slot]!
  }

  requested(column: number): number {
    return this.#columns.requested[column]![this.slot]!
  }

  /** The same by name, for plugins outside the hot path; unknown resources are 0. */
  amount(what: 'allocatable' | 'requested', resource: string): number {
    const column = this.#columns.known(resource)
    return column === undefined ? 0 : this.#columns[what][column]![this.slot]!
  }

  occupyPort({ protocol, ip, port }: HostPort, by: 1 | -1): void {
    const key = `${protocol}/${port}`
    let taken = this.ports.get(key)
    if (taken === undefined) this.ports.set(key, (taken = new Map()))
    const pods = (taken.get(ip) ?? 0) + by
    if (pods > 0) taken.set(ip, pods)
    else taken.delete(ip)
    if (taken.size === 0) this.ports.delete(key)
  }

  /** Equal ports collide when the addresses are equal or either means all addresses. */
  isPortTaken({ protocol, ip, port }: HostPort): boolean {
    const taken = this.ports.get(`${protocol}/${port}`)
    if (taken === undefined) return false
    return ip === '0.0.0.0' || taken.has(ip) || taken.has('0.0.0.0')
  }
}
