/**
 * Finds the watchers of a key by binary search: the key space is cut at every end of a watched range, and
 * each piece lists who watches it. So a write costs the same however many watch other keys.
 */

export class WatchRouter<W> {
  /** `#cuts[i]` begins piece i; the first piece begins at the empty key, below all others. */
  readonly #cuts: string[] = ['']
  readonly #watchers: W[][] = [[]]
  /** How many ends of ranges lie on each cut: one that nobody needs is mended. */
  readonly #uses: number[] = [1]

  /**
   * In the order in which they came. The array grows when somebody is added meanwhile, and is left alone
   * when somebody is removed.
   */
  at(key: string): readonly W[] {
    return this.#watchers[this.#piece(key)]!
  }

  /** Into how many pieces the key space is cut. */
  get pieces(): number {
    return this.#cuts.length
  }

  /** @param end exclusive; undefined: to the last key */
  add(start: string, end: string | undefined, watcher: W): void {
    if (end !== undefined && end <= start) return // Nothing lies between.
    const from = this.#cut(start)
    const to = end === undefined ? this.#cuts.length : this.#cut(end)
    for (let i = from; i < to; i++) this.#watchers[i]!.push(watcher)
  }

  remove(start: string, end: string | undefined, watcher: W): void {
    if (end !== undefined && end <= start) return
    const from = this.#piece(start)
    const to = end === undefined ? this.#cuts.length : this.#piece(end)
    for (let i = from; i < to; i++) this.#watchers[i] = this.#watchers[i]!.filter((it) => it !== watcher)
    if (end !== undefined) this.#mend(to)
    this.#mend(from)
  }

  /** Index of the piece that holds `key`. */
  #piece(key: string): number {
    const cuts = this.#cuts
    let low = 1
    let high = cuts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (cuts[middle]! <= key) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Makes a piece begin at `key`; returns its index. */
  #cut(key: string): number {
    const piece = this.#piece(key)
    if (this.#cuts[piece] === key) {
      this.#uses[piece]!++
      return piece
    }
    this.#cuts.splice(piece + 1, 0, key)
    this.#watchers.splice(piece + 1, 0, this.#watchers[piece]!.slice())
    this.#uses.splice(piece + 1, 0, 1)
    return piece + 1
  }

  #mend(piece: number): void {
    if (--this.#uses[piece]! > 0) return
    this.#cuts.splice(piece, 1)
    this.#watchers.splice(piece, 1)
    this.#uses.splice(piece, 1)
  }
}
