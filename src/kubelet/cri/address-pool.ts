/** Addresses of one IPv4 range, handed out in order like CNI's host-local plug-in: the first is the bridge's. */
export class AddressPool {
  readonly cidr: string
  readonly #base: number
  readonly #size: number
  /** 1 where it is taken; grows with the highest one: a set would take thirty times as much. */
  #taken = new Uint8Array(64)
  #count = 0
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
    if (this.#count >= usable) return undefined
    while (this.#taken[this.#next] === 1) this.#advance()
    const taken = this.#next
    this.#mark(taken)
    this.#advance()
    return formatIpv4(this.#base + taken)
  }

  clone(): AddressPool {
    const copy = new AddressPool(this.cidr)
    copy.#taken = this.#taken.slice()
    copy.#count = this.#count
    copy.#next = this.#next
    return copy
  }

  give(ip: string): void {
    const at = parseIpv4(ip) - this.#base
    if (this.#taken[at] !== 1) return
    this.#taken[at] = 0
    this.#count--
  }

  #mark(at: number): void {
    if (at >= this.#taken.length) {
      const grown = new Uint8Array(at * 2)
      grown.set(this.#taken)
      this.#taken = grown
    }
    this.#taken[at] = 1
    this.#count++
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
