/**
 * Decides whether a concurrent history could have happened one operation at a time (Wing and Gong's search
 * with Lowe's memory of visited configurations, as porcupine does it).
 */

/** A sequential machine: what a correct store would do. States are values, never changed. */
export interface Model<S, I, O> {
  init(): S
  /** The state after `input` was answered with `output`; undefined if that answer is impossible in `state`. */
  step(state: S, input: I, output: O): S | undefined
  /** Equal for equal states. */
  key(state: S): string
}

export interface Operation<I, O> {
  readonly input: I
  readonly output: O
  /** When the client asked, and when it had the answer: any numbers that grow. */
  readonly call: number
  readonly return: number
}

/** One end of an operation in a doubly linked list ordered by time. */
interface Entry<I, O> {
  readonly id: number
  readonly operation: Operation<I, O>
  /** The end of the same operation; undefined in the end itself. */
  readonly match: Entry<I, O> | undefined
  previous: Entry<I, O> | undefined
  next: Entry<I, O> | undefined
}

export function isLinearizable<S, I, O>(model: Model<S, I, O>, history: readonly Operation<I, O>[]): boolean {
  const head = link(history)
  const done = new Uint8Array(history.length)
  const visited = new Set<string>()
  const stack: { entry: Entry<I, O>; state: S }[] = []
  let state = model.init()
  let entry = head.next
  while (head.next !== undefined) {
    if (entry?.match !== undefined) {
      const next = model.step(state, entry.operation.input, entry.operation.output)
      if (next !== undefined) {
        done[entry.id] = 1
        const configuration = `${done.join('')}${model.key(next)}`
        if (!visited.has(configuration)) {
          visited.add(configuration)
          stack.push({ entry, state })
          state = next
          lift(entry)
          entry = head.next
          continue
        }
        done[entry.id] = 0
      }
      entry = entry.next
      continue
    }
    // Everything that may come first was tried: somebody's answer arrived before it was possible.
    const last = stack.pop()
    if (last === undefined) return false
    state = last.state
    done[last.entry.id] = 0
    unlift(last.entry)
    entry = last.entry.next
  }
  return true
}

function link<I, O>(history: readonly Operation<I, O>[]): { next: Entry<I, O> | undefined } {
  const ends = history.flatMap((operation, id) => {
    const end: Entry<I, O> = { id, operation, match: undefined, previous: undefined, next: undefined }
    const start: Entry<I, O> = { id, operation, match: end, previous: undefined, next: undefined }
    return [
      { time: operation.call, order: 0, entry: start },
      { time: operation.return, order: 1, entry: end },
    ]
  })
  // At one instant calls come first: it allows more, and time stamps are only so fine.
  ends.sort((a, b) => a.time - b.time || a.order - b.order)
  const head: Entry<I, O> = {
    id: -1,
    operation: history[0]!,
    match: undefined,
    previous: undefined,
    next: undefined,
  }
  let last = head
  for (const { entry } of ends) {
    entry.previous = last
    last.next = entry
    last = entry
  }
  return head
}

function lift<I, O>(entry: Entry<I, O>): void {
  unlink(entry)
  unlink(entry.match!)
}

function unlift<I, O>(entry: Entry<I, O>): void {
  relink(entry.match!)
  relink(entry)
}

function unlink<I, O>(entry: Entry<I, O>): void {
  entry.previous!.next = entry.next
  if (entry.next !== undefined) entry.next.previous = entry.previous
}

function relink<I, O>(entry: Entry<I, O>): void {
  entry.previous!.next = entry
  if (entry.next !== undefined) entry.next.previous = entry
}
