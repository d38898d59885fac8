/** Gives every node a range of pod addresses (nodeipam/ipam/range_allocator.go). */
import { Node } from '../../api/core/node.ts'
import type { Stored } from '../../api/kind.ts'
import { type ControllerDefinition, defineController, type SetupContext } from '../runtime/controller.ts'

export interface NodeIpamOptions {
  /** `10.244.0.0/16`. */
  readonly clusterCidr?: string
  /** Bits of a node's range; default 24. */
  readonly nodeMask?: number
}

export function nodeIpamController({
  clusterCidr = '10.244.0.0/16',
  nodeMask = 24,
}: NodeIpamOptions = {}): ControllerDefinition<Node, Ranges> {
  return defineController<Node, Ranges>({
    name: 'node-ipam-controller',
    component: 'cidrAllocator',
    for: Node,
    predicate: { update: (node) => node.spec.podCIDR === undefined, delete: () => false },
    setup: (context) => new Ranges(context, clusterCidr, nodeMask),

    async reconcile({ name, object: node, client, recorder, memory: ranges }) {
      if (node === undefined || node.spec.podCIDR !== undefined) return
      const cidr = ranges.take(name)
      if (cidr === undefined) {
        recorder.event(node, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`)
        throw new Error(
          'CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range',
        )
      }
      await client.replace(Node, { ...node, spec: { ...node.spec, podCIDR: cidr, podCIDRs: [cidr] } })
    },
  })
}

/** Ranges by number; the next free one in turn, so that a freed one is not used again at once. */
class Ranges {
  readonly #base: number
  readonly #count: number
  readonly #mask: number
  readonly #owners = new Map<number, string>()
  #next = 0

  constructor({ informer }: SetupContext<Node>, clusterCidr: string, nodeMask: number) {
    const [address = '', bits = '16'] = clusterCidr.split('/')
    this.#base = address.split('.').reduce((sum, it) => sum * 256 + Number(it), 0)
    this.#count = 2 ** (nodeMask - Number(bits))
    this.#mask = nodeMask
    const note = (node: Stored<Node>) => {
      const number = this.#numberOf(node.spec.podCIDR)
      if (number !== undefined) this.#owners.set(number, node.metadata.name)
    }
    informer.addHandlers({
      add: note,
      update: note,
      delete: (node) => {
        for (const [number, owner] of this.#owners)
          if (owner === node.metadata.name) this.#owners.delete(number)
      },
    })
  }

  /** The range of this node, the same one when it is asked again. */
  take(node: string): string | undefined {
    for (const [number, owner] of this.#owners) if (owner === node) return this.#cidr(number)
    for (let i = 0; i < this.#count; i++) {
      const number = (this.#next + i) % this.#count
      if (this.#owners.has(number)) continue
      this.#next = (number + 1) % this.#count
      this.#owners.set(number, node)
      return this.#cidr(number)
    }
    return undefined
  }

  #cidr(number: number): string {
    const address = this.#base + number * 2 ** (32 - this.#mask)
    return `${[24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')}/${this.#mask}`
  }

  #numberOf(cidr: string | undefined): number | undefined {
    if (cidr === undefined) return undefined
    const address = cidr
      .split('/')[0]!
      .split('.')
      .reduce((sum, it) => sum * 256 + Number(it), 0)
    const number = (address - this.#base) / 2 ** (32 - this.#mask)
    return Number.isInteger(number) && number >= 0 && number < this.#count ? number : undefined
  }
}
