/**
 * What nodes offer and what their pods ask for, as flat arrays: one pair of columns for each resource, one row for
 * each node slot. CPU counts in milli, everything else in whole units; amounts are exact up to 2^53.
 */
import { milliValue, quantityValue } from '../../api/quantity.ts'

export const CPU = 0
export const MEMORY = 1
export const EPHEMERAL_STORAGE = 2
/** Resources from here on are "scalars": extended resources, hugepages, attachable volumes. */
export const FIRST_SCALAR = 3

const PRIMARY = ['cpu', 'memory', 'ephemeral-storage']

/** Upstream's stand-ins for containers that request nothing, used by scores only (util/pod_resources.go). */
export const DEFAULT_MILLI_CPU = 100
export const DEFAULT_MEMORY = 200 * 1024 * 1024

export class ResourceColumns {
  readonly names: string[] = [...PRIMARY]
  readonly allocatable: Float64Array[] = []
  readonly requested: Float64Array[] = []
  /** Requests with stand-ins for absent cpu and memory. */
  nonZeroCpu: Float64Array
  nonZeroMemory: Float64Array
  allowedPods: Float64Array
  podCount: Float64Array
  readonly #index = new Map<string, number>(PRIMARY.map((name, i) => [name, i]))
  #rows: number

  constructor(rows: number) {
    this.#rows = rows
    for (const _ of PRIMARY) this.#addColumn()
    this.nonZeroCpu = new Float64Array(rows)
    this.nonZeroMemory = new Float64Array(rows)
    this.allowedPods = new Float64Array(rows)
    this.podCount = new Float64Array(rows)
  }

  /** The column of a resource; new names get a new one. */
  column(name: string): number {
    let column = this.#index.get(name)
    if (column === undefined) {
      this.#index.set(name, (column = this.names.length))
      this.names.push(name)
      this.#addColumn()
    }
    return column
  }

  /** The column of a resource that some node or pod has named before. */
  known(name: string): number | undefined {
    return this.#index.get(name)
  }

  grow(rows: number): void {
    this.#rows = rows
    const wider = (old: Float64Array) => {
      const grown = new Float64Array(rows)
      grown.set(old)
      return grown
    }
    for (let i = 0; i < this.names.length; i++) {
      this.allocatable[i] = wider(this.allocatable[i]!)
      this.requested[i] = wider(this.requested[i]!)
    }
    this.nonZeroCpu = wider(this.nonZeroCpu)
    this.nonZeroMemory = wider(this.nonZeroMemory)
    this.allowedPods = wider(this.allowedPods)
    this.podCount = wider(this.podCount)
  }

  setAllocatable(row: number, allocatable: Readonly<Record<string, string>> | undefined): void {
    for (const column of this.allocatable) column[row] = 0
    this.allowedPods[row] = 0
    for (const [name, amount] of Object.entries(allocatable ?? {})) {
      if (name === 'pods') this.allowedPods[row] = quantityValue(amount)
      else this.allocatable[this.column(name)]![row] = amountOf(name, amount)
    }
  }

  /** Adds (sign 1) or takes away (sign -1) what a pod asks for. */
  account(row: number, requests: PodRequests, sign: 1 | -1): void {
    this.requested[CPU]![row]! += sign * requests.cpu
    this.requested[MEMORY]![row]! += sign * requests.memory
    if (requests.ephemeralStorage !== 0)
      this.requested[EPHEMERAL_STORAGE]![row]! += sign * requests.ephemeralStorage
    for (const { column, amount } of requests.scalars) this.requested[column]![row]! += sign * amount
    this.nonZeroCpu[row]! += sign * requests.nonZeroCpu
    this.nonZeroMemory[row]! += sign * requests.nonZeroMemory
    this.podCount[row]! += sign
  }

  clearRow(row: number): void {
    this.setAllocatable(row, undefined)
    for (const column of this.requested) column[row] = 0
    this.nonZeroCpu[row] = this.nonZeroMemory[row] = this.podCount[row] = 0
  }

  #addColumn(): void {
    this.allocatable.push(new Float64Array(this.#rows))
    this.requested.push(new Float64Array(this.#rows))
  }
}

/** What a pod asks for. Scalars that it names with an amount of 0 stand in the list too. */
export interface PodRequests {
  readonly cpu: number
  readonly memory: number
  readonly ephemeralStorage: number
  readonly scalars: readonly { readonly name: string; readonly column: number; readonly amount: number }[]
  readonly nonZeroCpu: number
  readonly nonZeroMemory: number
}

export function amountOf(resource: string, amount: string): number {
  return resource === 'cpu' ? milliValue(amount) : quantityValue(amount)
}
