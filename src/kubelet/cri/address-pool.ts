/** Addresses of one IPv4 range, handed out in order like CNI's host-local plug-in: the first is the bridge's. */
export class AddressPool {
  readonly cidr: string
  readonly #base: number
  readonly #size: number
  readonly #taken = new Set<number>()
  #next = 2

  constructor(cidr: string) {
    this.cidr = cidr
    const [address, bits] = cidr.split('/')
    this.#base = parseIpv4(address!)
    this.#size = 2 ** (32 - Number(bits))
  }

  /** Undefined when all are taken. Freed ones come back only after a full round. */
  take(): string | undefined {
    const usable = this.#size - 3 // Network, bridge, broadcast.
    if (this.#taken.size >= usable) return undefined
    while (this.#taken.has(this.#next)) this.#advance()
    const taken = this.#next
    this.#taken.add(taken)
    this.#advance()
    return formatIpv4(this.#base + taken)
  }

  clone(): AddressPool {
    const copy = new AddressPool(this.cidr)
    for (const taken of this.#taken) copy.#taken.add(taken)
    copy.#next = this.#next
    return copy
  }

  give(ip: string): void {
    this.#taken.delete(parseIpv4(ip) - this.#base)
  }

  #advance(): void {
    this.#next = this.#next + 1 >= this.#size - 1 ? 2 : this.#next + 1
  }
}

export function parseIpv4(ip: string): number {
  let value = 0
  for (const part of ip.split('.')) value = value * 256 + Number(part)
  return value
}

export function formatIpv4(value: number): string {
  return [Math.floor(value / 2 ** 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.')
}
