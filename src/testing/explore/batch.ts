/**
 * Several single faults in one run, one after another. It stands for the runs of each alone as long as the world is, by
 * the time of each fault, what it is there without any: then those before it have left no trace in it. Where it is not,
 * nothing further goes wrong in that run, and what is left of the batch is tried in another. A run in which something was
 * wrong is made again fault by fault.
 *
 * What controllers keep in memory cannot be compared, so this too is well founded but no proof.
 */
import { type FaultName, faultKind } from './faults.ts'
import type { Observation } from './observation.ts'
import type { Choice } from './plan.ts'

/** A controller that is made to try again too often waits too long for the next fault. */
const MOST = 8

/** Over with the next `settle`; others last until the second one. */
const SHORT: ReadonlySet<FaultName> = new Set([
  'error',
  'throttled',
  'lost-answer',
  'conflict',
  'crash-before',
  'crash-after',
  'restart',
  'pod-fails',
])

interface Placed {
  readonly choice: Choice
  /** Index in the log. */
  readonly place: number
  /** How often the scenario had begun to settle. */
  readonly settles: number
  readonly lasts: boolean
}

/** @param log the reference run, in whose order the choices of each batch are */
export function batchesOf(choices: readonly Choice[], log: readonly Observation[]): Choice[][] {
  const placed = placedIn(choices, log)
  const batches: Placed[][] = []
  // What lasts is hardest to place.
  for (const it of [...placed.filter(({ lasts }) => lasts), ...placed.filter(({ lasts }) => !lasts)]) {
    const batch = batches.filter((members) => fits(it, members)).toSorted((a, b) => a.length - b.length)[0]
    if (batch === undefined) batches.push([it])
    else batch.push(it)
  }
  return batches.map((batch) => batch.toSorted((a, b) => a.place - b.place).map(({ choice }) => choice))
}

function placedIn(choices: readonly Choice[], log: readonly Observation[]): Placed[] {
  const places = new Map<string, { readonly place: number; readonly settles: number }>()
  let settles = 0
  log.forEach((it, place) => {
    if (it.type === 'settle') settles++
    if (it.type === 'site') places.set(it.at, { place, settles })
  })
  return choices.map((choice) => ({
    choice,
    ...places.get(choice.at)!,
    lasts: !SHORT.has(faultKind(choice.fault)),
  }))
}

function fits(it: Placed, members: readonly Placed[]): boolean {
  if (members.length >= MOST) return false
  return members.every((other) => {
    if (other.place === it.place) return false
    const [first, second] = other.place < it.place ? [other, it] : [it, other]
    return !first.lasts || second.settles >= first.settles + 2
  })
}
