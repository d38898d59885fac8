/**
 * Which single faults are worth a run: those whose effect could be seen. A fault is left out when nobody looks at what
 * it changes, or when another one leads to the same: a process that dies comes back to the same world wherever in its
 * reconcile it died, as long as nothing was written in between.
 *
 * What is cut is cut by what the reference run did, and a controller's private memory is not known to us, so this is
 * well founded but no proof: `unpruned` runs everything, and a test holds that both find the same.
 */
import { type FaultName, faultKind } from './faults.ts'
import type { Observation } from './observation.ts'
import type { Choice } from './plan.ts'

export interface Pruned {
  readonly plans: readonly Choice[]
  readonly pruned: number
}

type SiteEntry = Extract<Observation, { type: 'site' }>

/**
 * @param log     the reference run
 * @param steps   revisions right after each step of the user
 * @param allowed which faults are to be tried at all
 */
export function pruneSingles(
  log: readonly Observation[],
  steps: readonly number[],
  allowed: (at: string, fault: FaultName) => boolean,
): Pruned {
  const effects = new Effects(log, steps)
  const plans: Choice[] = []
  const known = new Set<string>()
  let pruned = 0
  log.forEach((entry, index) => {
    if (entry.type !== 'site') return
    for (const fault of entry.faults) {
      if (!allowed(entry.at, fault)) continue
      const effect = effects.of(entry, index, fault)
      if (effect === undefined || known.has(effect)) pruned++
      else {
        known.add(effect)
        plans.push({ at: entry.at, fault })
      }
    }
  })
  return { plans, pruned }
}

class Effects {
  readonly #log: readonly Observation[]
  readonly #steps: readonly number[]
  /** Changes before each entry. */
  readonly #moments: readonly number[]
  readonly #watched = new Map<string, Set<string>>()

  constructor(log: readonly Observation[], steps: readonly number[]) {
    this.#log = log
    this.#steps = steps
    const moments: number[] = []
    let changes = 0
    for (const entry of log) {
      moments.push(changes)
      if (entry.type === 'change') changes++
      if (entry.type === 'watch') this.#watchedBy(entry.process).add(entry.resource)
    }
    this.#moments = moments
  }

  /** A name for what the fault leads to, the same for faults that lead to the same; undefined when to nothing. */
  of(site: SiteEntry, index: number, fault: FaultName): string | undefined {
    const { process } = site.about
    const apart = `${site.at} ${fault}`
    switch (faultKind(fault)) {
      case 'throttled':
        return undefined // Being told to wait is being refused once more.
      case 'error':
      case 'lost-answer': // What it leaves behind is what crash-after leaves behind.
        return `${process} ${fault} ${this.#path(site, index)}`
      case 'conflict':
        return site.about.guarded ? `${process} ${fault} ${this.#path(site, index)}` : undefined
      case 'crash-before':
        return this.#mayForget(site, index) ? `${process} dies at ${this.#moments[index]}` : undefined
      case 'restart':
        return apart // What it does on starting meets the user's next step.
      case 'crash-after':
        return `${process} dies at ${this.#momentAfter(site, index)}`
      case 'down':
        return this.#othersAct(site, index)
          ? `${process} is blind from ${this.#nextOfOthers(site, index)}`
          : undefined
      case 'slow':
        return this.#whenLate(site, index) ? apart : undefined
      case 'two-leaders':
        return site.about.type === 'read' ? undefined : apart // The next write makes the same read an old one.
      case 'lag':
        return this.#isRead(site, index) ? this.#lagging(site, index) : undefined
      case 'missed':
        return this.#coalesces(site, index) ? this.#lagging(site, index, 'misses') : undefined
      case 'stale':
        return this.#past(site, index, this.#revisionOf(site, fault))
      case 'clock-forward':
      case 'clock-back':
        return this.#asksTheTime(site, index) ? apart : undefined
    }
  }

  /** The calls of the reconcile up to this one: what fails at the end of the same path is handled alike. */
  #path(site: SiteEntry, index: number): string {
    const calls: string[] = []
    for (let i = 0; i <= index; i++) {
      const it = this.#log[i]!
      if (it.type === 'site' && isCall(it) && it.about.task === site.about.task) calls.push(placeOf(it.at))
    }
    return calls.join(', ')
  }

  /** Changes right after the call was applied. */
  #momentAfter(site: SiteEntry, index: number): number {
    const { process } = site.about
    for (let i = index + 1; i < this.#log.length; i++) {
      const it = this.#log[i]!
      if (it.type === 'change' && it.actor === process) return this.#moments[i]! + 1
      if (it.type === 'site' && isCall(it) && it.about.process === process) break
    }
    return this.#moments[index]!
  }

  /** Where a fault that begins here ends: at the second settle from now. */
  #end(index: number): number {
    let settles = 0
    for (let i = index; i < this.#log.length; i++) {
      if (this.#log[i]!.type === 'settle' && ++settles === 2) return i
    }
    return this.#log.length
  }

  #othersAct(site: SiteEntry, index: number): boolean {
    const { process } = site.about
    return this.#log.slice(index, this.#end(index)).some((it) => it.type === 'change' && it.actor !== process)
  }

  /**
   * A late answer matters when the world goes on meanwhile and the reconcile then does something. Of several reads in
   * a row the last makes all of them old; a change that arrives late does so itself.
   */
  #whenLate(site: SiteEntry, index: number): boolean {
    if (!this.#othersAct(site, index)) return false
    if (site.about.type === 'change') return true
    const next = this.#nextCall(site, index)
    if (next === undefined) return false
    return site.about.type !== 'read' || next.about.type !== 'read'
  }

  /** The next call of the same reconcile. */
  #nextCall(site: SiteEntry, index: number): SiteEntry | undefined {
    for (let i = index + 1; i < this.#log.length; i++) {
      const it = this.#log[i]!
      if (it.type === 'site' && isCall(it) && it.about.task === site.about.task) return it
    }
    return undefined
  }

  /** Is this kind looked up in the cache, while the event would be kept back? */
  #isRead(site: SiteEntry, index: number): boolean {
    const { process, resource } = site.about
    return this.#log
      .slice(index, this.#end(index))
      .some((it) => it.type === 'read' && it.process === process && it.resource === resource)
  }

  /**
   * A kind that lags from the next event on is like one that lags from this one when nothing is done in between. And
   * a process that hears of nothing else is as blind as if it were down, until the next thing that others do.
   */
  #lagging(site: SiteEntry, index: number, how = 'lags'): string {
    const { process, resource } = site.about
    const others = this.#nextOfOthers(site, index)
    const acts = this.#log.slice(index, others).some((it) => it.type === 'change' && it.actor === process)
    if (!acts && !this.#hearsOfMore(site, index)) return `${process} is blind from ${others}`
    let first = index
    for (let i = index - 1; i >= 0; i--) {
      const it = this.#log[i]!
      if (it.type === 'settle') break
      if ('process' in it && it.process === process) break
      if (it.type !== 'site' || it.about.process !== process) continue
      if (it.about.type !== 'event') break
      if (it.about.resource === resource) first = i
    }
    return `${process} ${how} ${resource} from ${first}`
  }

  /** Index of the next thing that somebody else does; that of the cause, for a watch event about it. */
  #nextOfOthers(site: SiteEntry, index: number): number {
    const { process } = site.about
    if (site.about.type === 'event') {
      for (let i = index - 1; i >= 0; i--) {
        const it = this.#log[i]!
        if (it.type === 'settle' || (it.type === 'site' && it.about.process === process)) break
        if (it.type === 'change') {
          if (it.actor !== process) return i
          break
        }
      }
    }
    for (let i = index; i < this.#log.length; i++) {
      const it = this.#log[i]!
      if (it.type === 'change' && it.actor !== process) return i
    }
    return this.#log.length
  }

  /** Does anything else than this kind wake the process, while the kind lags? */
  #hearsOfMore(site: SiteEntry, index: number): boolean {
    const { process, resource } = site.about
    return this.#log
      .slice(index, this.#end(index))
      .some(
        (it) =>
          it.type === 'site' &&
          it.about.process === process &&
          it.about.type === 'event' &&
          it.about.resource !== resource,
      )
  }

  /** Dead before its first write, a process has forgotten only what it will not be told again: deletions. */
  #mayForget(site: SiteEntry, index: number): boolean {
    const { process } = site.about
    for (let i = index - 1; i >= 0; i--) {
      const it = this.#log[i]!
      if (it.type === 'change' && it.actor === process) return true // As after that change.
      if (it.type !== 'site' || it.about.process !== process) continue
      if (it.about.type === 'idle') return false
      if (it.about.event?.startsWith('DELETED')) return true
    }
    return false
  }

  /** Would two states become one, or a deletion be found out instead of seen? */
  #coalesces(site: SiteEntry, index: number): boolean {
    const { process, resource } = site.about
    const seen = new Set<string>()
    for (let i = index; i < this.#end(index); i++) {
      const it = this.#log[i]!
      if (it.type !== 'site' || it.about.process !== process) continue
      const { type, event = '' } = it.about
      if (type !== 'event' || it.about.resource !== resource) continue
      const object = event.slice(event.indexOf(' ') + 1)
      if (event.startsWith('DELETED') || seen.has(object)) return true
      seen.add(object)
    }
    return false
  }

  #revisionOf(site: SiteEntry, fault: FaultName): number {
    if (fault === 'stale') return site.about.settledRevision ?? 0
    return this.#steps[Number(fault.slice('stale@'.length)) - 1] ?? 0
  }

  /** Two states of the past are one when they do not differ in anything that the process watches. */
  #past(site: SiteEntry, index: number, revision: number): string | undefined {
    const { process } = site.about
    const watched = this.#watchedBy(process)
    let then = 0
    let now = 0
    for (const [i, it] of this.#log.entries()) {
      if (i >= index) break
      if (it.type !== 'change' || !watched.has(it.resource)) continue
      now = it.revision
      if (it.revision <= revision) then = it.revision
    }
    return then === now ? undefined : `${site.at} as of ${then}`
  }

  /** Until the next idle moment: a jump there would be seen by the same readers otherwise. */
  #asksTheTime(site: SiteEntry, index: number): boolean {
    const { process } = site.about
    for (let i = index + 1; i < this.#log.length; i++) {
      const it = this.#log[i]!
      if (it.type === 'clock' && it.process === process) return true
      if (it.type === 'site' && it.about.type === 'idle' && it.about.process === process) return false
    }
    return false
  }

  #watchedBy(process: string): Set<string> {
    let watched = this.#watched.get(process)
    if (watched === undefined) this.#watched.set(process, (watched = new Set()))
    return watched
  }
}

function isCall({ about }: SiteEntry): boolean {
  return about.task !== undefined && about.type !== 'event' && about.type !== 'idle'
}

function placeOf(at: string): string {
  return at.slice(0, at.lastIndexOf(' #'))
}
