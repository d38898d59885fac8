/**
 * Long work, a few milliseconds at a time: whatever is short gets its turn between, and nobody waits for the end of
 * somebody else's list. What piles up while others have their turn is done in one go, so that the busier the
 * server, the larger the pieces.
 */
import { drainMicrotasks, hostTurn } from '../kernel/drain.ts'
import { realNow } from '../kernel/wall-clock.ts'

/** How long the host's loop is held up while it has little else to do. */
const TURN_MS = 5
/** The same while others keep it busy: as long as they do, so that neither side waits for ever, up to this. */
const TURN_MS_MAX = 25

export interface Work {
  /** Does a little, less when {@link turnIsOver}. False: there is nothing left to do for now. */
  step(): boolean
  /** `step` threw: the work is over. */
  failed(error: unknown): void
}

let next: Work[] = []
let running = false
/** When the turn ends. */
let until = 0

/** To be asked between the parts of a step: the first time, before the compiler has seen it, anything takes long. */
export function turnIsOver(): boolean {
  return realNow() >= until
}

/** Work is added once, and again when there is more of it after `step` returned false. */
export function inTurn(work: Work): void {
  next.push(work)
  if (running) return
  running = true
  void run()
}

async function run(): Promise<void> {
  // Not at once: a socket that takes what it is given tells so before the host has had a turn, and so on without end.
  await nextTurn()
  while (next.length > 0) {
    // Whoever adds work is not done with what it does: more may come.
    await drainMicrotasks()
    const round = next
    next = []
    for (const work of round) {
      if (step(work)) next.push(work)
      if (turnIsOver()) await nextTurn()
    }
  }
  running = false
}

/** Lets the host have its turn, and begins another one. */
async function nextTurn(): Promise<void> {
  const left = realNow()
  await hostTurn()
  const now = realNow()
  until = now + Math.min(TURN_MS_MAX, Math.max(TURN_MS, now - left))
}

function step(work: Work): boolean {
  try {
    return work.step()
  } catch (error) {
    work.failed(error)
    return false
  }
}
