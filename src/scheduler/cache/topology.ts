/** The values of one label over all nodes, numbered: a topology key such as zone or hostname, and its domains. */
import { label } from './matchers.ts'
import type { NodeInfo } from './node-info.ts'

export const NO_DOMAIN = -1

export class Topology {
  readonly key: string
  /** Domain of each node slot; NO_DOMAIN where the label is missing. */
  domainOf: Int32Array
  /** Value of each domain. Numbers are never reused. */
  readonly values: string[] = []
  readonly #numbers = new Map<string, number>()

  constructor(key: string, rows: number) {
    this.key = key
    this.domainOf = new Int32Array(rows).fill(NO_DOMAIN)
  }

  place(slot: number, node: NodeInfo | undefined): void {
    const value = node?.node && label(node.labels, this.key)
    this.domainOf[slot] = value === undefined ? NO_DOMAIN : this.#number(value)
  }

  grow(rows: number): void {
    const grown = new Int32Array(rows).fill(NO_DOMAIN)
    grown.set(this.domainOf)
    this.domainOf = grown
  }

  #number(value: string): number {
    let number = this.#numbers.get(value)
    if (number === undefined) {
      this.#numbers.set(value, (number = this.values.length))
      this.values.push(value)
    }
    return number
  }
}
