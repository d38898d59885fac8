/** Which node slots changed, in order. Readers remember how far they have read; one that fell behind reads all. */
export class ChangeLog {
  #slots: number[] = []
  #first = 0

  /** The position after the newest entry. */
  get end(): number {
    return this.#first + this.#slots.length
  }

  push(slot: number, keep: number): void {
    this.#slots.push(slot)
    if (this.#slots.length > 4 * keep + 1024) {
      const dropped = this.#slots.length >> 1
      this.#slots = this.#slots.slice(dropped)
      this.#first += dropped
    }
  }

  /** False when entries since `position` are no longer kept. */
  has(position: number): boolean {
    return position >= this.#first
  }

  at(position: number): number {
    return this.#slots[position - this.#first]!
  }

  /** Takes back everything since `position`: what was tried there has been undone. */
  rewind(position: number): void {
    this.#slots.length = Math.max(0, position - this.#first)
  }
}
