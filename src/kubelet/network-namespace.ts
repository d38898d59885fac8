/** One network stack of a node: a pod's, shared by its containers, or the node's own. */
import type { Listener, NetworkNamespace } from '../api/sockets.ts'

/** A listener on port 0 answers on every port that nobody else listens on: programs about which nothing is known. */
export const ANY_PORT = 0

const NONE: readonly Listener[] = Object.freeze([])

export class NetworkStack implements NetworkNamespace {
  readonly node: string
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string } | undefined
  alive = true
  /** Alone where it is the only one, as with listeners. */
  readonly #ips: string | readonly string[]
  /** Mostly one: an array would be as big as the rest. */
  #first: Listener | undefined
  #others: Listener[] | undefined
  #watchers: (() => void)[] | undefined

  constructor(node: string, pod: NetworkStack['pod'], ips: readonly string[]) {
    this.node = node
    this.pod = pod
    this.#ips = ips.length === 1 ? ips[0]! : ips
  }

  get ips(): readonly string[] {
    return typeof this.#ips === 'string' ? [this.#ips] : this.#ips
  }

  listen(listener: Listener): () => void {
    this.add(listener)
    return () => this.remove(listener)
  }

  add(listener: Listener): void {
    if (this.#first === undefined) this.#first = listener
    else if (this.#others === undefined) this.#others = [listener]
    else this.#others.push(listener)
    this.changed()
  }

  remove(listener: Listener): void {
    if (this.#first === listener) this.#first = this.#others?.shift()
    else {
      const at = this.#others?.indexOf(listener) ?? -1
      if (at < 0) return
      this.#others!.splice(at, 1)
    }
    this.changed()
  }

  listener(port: number, protocol: 'TCP' | 'UDP' = 'TCP', address?: string): Listener | undefined {
    let fallback: Listener | undefined
    for (const it of this.listeners()) {
      if (it.protocol !== protocol) continue
      if (it.address !== undefined && address !== undefined && it.address !== address) continue
      if (it.port === port) return it
      if (it.port === ANY_PORT) fallback = it
    }
    return fallback
  }

  listeners(): readonly Listener[] {
    if (this.#first === undefined) return NONE
    return this.#others === undefined ? [this.#first] : [this.#first, ...this.#others]
  }

  changed(): void {
    if (this.#watchers !== undefined) for (const run of [...this.#watchers]) run()
  }

  onChange(run: () => void): () => void {
    const watchers = (this.#watchers ??= [])
    watchers.push(run)
    return () => {
      const at = watchers.indexOf(run)
      if (at >= 0) watchers.splice(at, 1)
    }
  }

  /** The namespace is gone: nobody listens any more. */
  close(): void {
    this.alive = false
    this.#first = undefined
    this.#others = undefined
    this.changed()
    this.#watchers = undefined
  }
}
