/** A binary heap whose items know their place, so that any of them can leave or move. */
export interface HeapItem {
  /** Place in its heap; -1 outside. */
  heapAt: number
}

export class Heap<T extends HeapItem> {
  readonly #items: T[] = []
  readonly #less: (a: T, b: T) => boolean

  constructor(less: (a: T, b: T) => boolean) {
    this.#less = less
  }

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    item.heapAt = this.#items.length
    this.#items.push(item)
    this.#up(item.heapAt)
  }

  pop(): T | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  remove(item: T): void {
    const at = item.heapAt
    const last = this.#items.pop()!
    item.heapAt = -1
    if (last === item) return
    this.#items[at] = last
    last.heapAt = at
    this.#up(at)
    this.#down(last.heapAt)
  }

  /** In no particular order. */
  values(): readonly T[] {
    return this.#items
  }

  #up(from: number): void {
    const items = this.#items
    const item = items[from]!
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#less(item, items[parent]!)) break
      this.#set(at, items[parent]!)
      at = parent
    }
    this.#set(at, item)
  }

  #down(from: number): void {
    const items = this.#items
    const item = items[from]!
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && this.#less(items[child + 1]!, items[child]!)) child++
      if (!this.#less(items[child]!, item)) break
      this.#set(at, items[child]!)
      at = child
    }
    this.#set(at, item)
  }

  #set(at: number, item: T): void {
    this.#items[at] = item
    item.heapAt = at
  }
}
