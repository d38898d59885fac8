/**
 * Which single faults are worth a run: those whose effect could be seen. A fault is left out when nobody looks at what
 * it changes, or when another one leads to the same: a process that dies comes back to the same world wherever in its
 * reconcile it died, as long as nothing was written in between; what fails at one place of the code is handled alike
 * whenever it fails, and where a reconcile may end early is found out by letting the process die after each write.
 *
 * What is cut is cut by what the reference run did, and a controller's private memory is not known to us, so this is
 * well founded but no proof: `unpruned` runs everything, and a test holds that both find the same.
 */
import type { KubeObject } from '../../api/kind.ts'
import { type FaultName, faultKind } from './faults.ts'
import type { Observation } from './observation.ts'
import type { Choice } from './plan.ts'

export interface Pruned {
  readonly plans: readonly Choice[]
  readonly pruned: number
}

type SiteEntry = Extract<Observation, { type: 'site' }>
type ChangeEntry = Extract<Observation, { type: 'change' }>

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
  /** How often all was settled before each entry. */
  readonly #windows: readonly number[]
  readonly #watched = new Map<string, Set<string>>()

  constructor(log: readonly Observation[], steps: readonly number[]) {
    this.#log = log
    this.#steps = steps
    const moments: number[] = []
    const windows: number[] = []
    let changes = 0
    let settled = 0
    for (const entry of log) {
      moments.push(changes)
      windows.push(settled)
      if (entry.type === 'change') changes++
      if (entry.type === 'settled') settled++
      if (entry.type === 'watch') this.#watchedBy(entry.process).add(entry.resource)
    }
    this.#moments = moments
    this.#windows = windows
  }

  /** A name for what the fault leads to, the same for faults that lead to the same; undefined when to nothing. */
  of(site: SiteEntry, index: number, fault: FaultName): string | undefined {
    const { process } = site.about
    const apart = `${site.at} ${fault}`
    switch (faultKind(fault)) {
      case 'throttled':
        return undefined // Being told to wait is being refused once more.
      case 'error':
      case 'lost-answer':
        return `${process} ${fault} ${this.#codeOf(site, index)}`
      case 'conflict':
        return site.about.guarded ? `${process} ${fault} ${this.#codeOf(site, index)}` : undefined
      case 'crash-before':
        return this.#mayForget(site, index) ? `${process} dies at ${this.#moments[index]}` : undefined
      case 'crash-after':
        return this.#restsAfter(site, index)
          ? this.#forgotten(process, index)
          : `${process} dies at ${this.#momentAfter(site, index)}`
      case 'restart':
        return this.#remembers(site, index) ? this.#forgotten(process, index - 1) : undefined
      case 'down':
        return this.#othersAct(site, index) && this.#acts(site, index)
          ? `${process} is blind from ${this.#nextOfOthers(site, index)}`
          : undefined
      case 'slow':
        return this.#whenLate(site, index) ? this.#late(site, index, fault) : undefined
      case 'two-leaders':
        return site.about.type === 'read' ? undefined : apart // The next write makes the same read an old one.
      case 'lag': // What is missed is late too.
        return this.#isRead(site, index) && !this.#coalesces(site, index) && this.#acts(site, index)
          ? this.#lagging(site, index)
          : undefined
      case 'missed':
        return this.#coalesces(site, index) ? this.#lagging(site, index, 'misses') : undefined
      case 'stale':
        return this.#past(site, index, fault)
      case 'not-ready':
      case 'pod-fails':
      case 'node-silent':
      case 'late-status':
        return this.#isWatched(site)
          ? `${site.about.resource} ${fault} in ${this.#windows[index]}`
          : undefined
      case 'clock-forward':
      case 'clock-back':
        return this.#asksTheTime(site, index)
          ? `${process} ${fault} ${this.#hasAsked(site, index)}`
          : undefined
    }
  }

  // -- calls --------------------------------------------------------------------------------------------

  /** The place in the code, and what is asked for there: `update configmaps`, `dns.upsert`. */
  #codeOf(site: SiteEntry, index: number): string {
    const { callSite, type, resource } = site.about
    if (callSite === undefined) return this.#path(site, index)
    const what = resource === undefined ? site.at.slice(0, site.at.indexOf('(')) : `${type} ${resource}`
    return `${what} ${callSite}`
  }

  /** The calls of the reconcile up to this one. */
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
    const own = this.#ownChange(site, index)
    return own === undefined ? this.#moments[index]! : this.#moments[own]! + 1
  }

  /** Index of the change that the call made. */
  #ownChange(site: SiteEntry, index: number): number | undefined {
    const { process } = site.about
    for (let i = index + 1; i < this.#log.length; i++) {
      const it = this.#log[i]!
      if (it.type === 'change' && it.actor === process) return i
      if (it.type === 'site' && isCall(it) && it.about.process === process) break
    }
    return undefined
  }

  /** Does nothing else happen before all is settled? */
  #restsAfter(site: SiteEntry, index: number): boolean {
    const own = this.#ownChange(site, index)
    if (own === undefined) return false
    for (let i = own + 1; i < this.#log.length; i++) {
      const it = this.#log[i]!
      if (it.type === 'settled') return true
      if (it.type === 'change') return false
    }
    return false
  }

  /** The process has lost its memory while all was settled. */
  #forgotten(process: string, index: number): string {
    const until = this.#windows[index]! + (this.#log[index]?.type === 'settled' ? 1 : 0)
    return `${process} has forgotten all in ${until}`
  }

  /** Has it done or seen anything since it was started? */
  #remembers(site: SiteEntry, index: number): boolean {
    const { process } = site.about
    return this.#log
      .slice(0, index)
      .some((it) => it.type === 'site' && it.about.process === process && it.about.type !== 'idle')
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

  /**
   * A late answer matters when the world goes on meanwhile and the reconcile then does something. Of several calls in
   * a row the last that can be late makes all of them old; a change that arrives late does so itself.
   */
  #whenLate(site: SiteEntry, index: number): boolean {
    if (!this.#othersAct(site, index)) return false
    if (arrivesLate(site)) return true
    const next = this.#nextCall(site, index)
    if (next === undefined || arrivesLate(next)) return false
    return site.about.type !== 'read' || next.about.type !== 'read'
  }

  #late(site: SiteEntry, index: number, fault: FaultName): string {
    return `${site.about.process} ${fault} ${this.#codeOf(site, index)} in ${this.#windows[index]}`
  }

  /** The next call of the same reconcile. */
  #nextCall(site: SiteEntry, index: number): SiteEntry | undefined {
    for (let i = index + 1; i < this.#log.length; i++) {
      const it = this.#log[i]!
      if (it.type === 'site' && isCall(it) && it.about.task === site.about.task) return it
    }
    return undefined
  }

  // -- what others do meanwhile -------------------------------------------------------------------------

  /** Where a fault that begins here ends: at the second settle from now. */
  #end(index: number): number {
    let settles = 0
    for (let i = index; i < this.#log.length; i++) {
      if (this.#log[i]!.type === 'settle' && ++settles === 2) return i
    }
    return this.#log.length
  }

  /** Somebody else's change of what the process watches, or of what is outside. */
  #concerns(process: string, it: Observation): it is ChangeEntry {
    if (it.type !== 'change' || it.actor === process) return false
    return (
      it.resource === '' || this.#watchedBy(process).has(it.resource) || this.#asksFor(process, it.resource)
    )
  }

  /** Does it read this kind from the server? */
  #asksFor(process: string, resource: string): boolean {
    return this.#log.some(
      (it) =>
        it.type === 'site' && it.about.process === process && it.about.resource === resource && isCall(it),
    )
  }

  /** Does it do anything that it would not while it does not hear the news? */
  #acts(site: SiteEntry, index: number): boolean {
    const { process } = site.about
    return this.#log.slice(index, this.#end(index)).some((it) => it.type === 'change' && it.actor === process)
  }

  #othersAct(site: SiteEntry, index: number): boolean {
    const { process } = site.about
    return this.#log.slice(index, this.#end(index)).some((it) => this.#concerns(process, it))
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
    // Who does not know of his own writes yet does not, whichever time he comes by the place where he makes them.
    const cause = this.#causeOf(site, index)
    if (cause?.actor === process) {
      const call = this.#callBehind(cause)
      if (call !== undefined) return `${process} ${how} ${resource} after its own ${call}`
    }
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
        if (it.type === 'settled' || (it.type === 'site' && it.about.process === process)) break
        if (it.type === 'change') {
          if (it.actor !== process) return i
          break
        }
      }
    }
    for (let i = index; i < this.#log.length; i++) if (this.#concerns(process, this.#log[i]!)) return i
    return this.#log.length
  }

  /** Does anything else than this kind wake the process, while the kind lags? What it does itself then does not happen. */
  #hearsOfMore(site: SiteEntry, index: number): boolean {
    const { process, resource } = site.about
    return this.#log
      .slice(index, this.#end(index))
      .some(
        (it) =>
          it.type === 'change' &&
          it.actor !== process &&
          it.resource !== resource &&
          this.#watchedBy(process).has(it.resource),
      )
  }

  /** Would two states that others made become one, or a deletion by others be found out instead of seen? */
  #coalesces(site: SiteEntry, index: number): boolean {
    const { process, resource } = site.about
    const seen = new Set<string>()
    for (let i = index; i < this.#end(index); i++) {
      const it = this.#log[i]!
      if (it.type !== 'site' || it.about.process !== process) continue
      const { type, event = '' } = it.about
      if (type !== 'event' || it.about.resource !== resource) continue
      const object = event.slice(event.indexOf(' ') + 1)
      if (this.#causeOf(it, i)?.actor === process) continue
      if (event.startsWith('DELETED') || seen.has(object)) return true
      seen.add(object)
    }
    return false
  }

  /** The change that a watch event tells of. */
  #causeOf({ about: { resource, event = '' } }: SiteEntry, index: number): ChangeEntry | undefined {
    for (let i = index - 1; i >= 0; i--) {
      const it = this.#log[i]!
      if (it.type === 'change' && it.resource === resource && event.endsWith(` ${it.name}`)) return it
    }
    return undefined
  }

  /** The place in the code where this change was made. */
  #callBehind(change: ChangeEntry): string | undefined {
    for (let i = this.#log.indexOf(change) - 1; i >= 0; i--) {
      const it = this.#log[i]!
      if (it.type === 'site' && isCall(it) && it.about.process === change.actor) return this.#codeOf(it, i)
    }
    return undefined
  }

  // -- restarts in the past -----------------------------------------------------------------------------

  #revisionOf(site: SiteEntry, fault: FaultName): number {
    if (fault === 'stale') return site.about.settledRevision ?? 0
    return this.#steps[Number(fault.slice('stale@'.length)) - 1] ?? 0
  }

  /** Two states of the past are one when they do not differ in anything that the process watches. */
  #past(site: SiteEntry, index: number, fault: FaultName): string | undefined {
    const { process } = site.about
    const revision = this.#revisionOf(site, fault)
    const watched = this.#watchedBy(process)
    const then = new Map<string, string>()
    const now = new Map<string, string>()
    for (let i = 0; i < index; i++) {
      const it = this.#log[i]!
      if (it.type !== 'change' || !watched.has(it.resource)) continue
      const object = `${it.resource} ${it.name}`
      const content = contentOf(it.object)
      now.set(object, content)
      if (it.revision <= revision) then.set(object, content)
    }
    const differing = [...now].filter(([object, content]) => then.get(object) !== content)
    if (differing.length === 0) return undefined
    // It finds nothing to do in a world without objects, or in one that was settled unless it looks elsewhere too.
    const idle = then.size === 0 || (fault === 'stale' && !this.#looksElsewhere(process))
    if (idle) return `${process} is blind from ${this.#nextOfOthers(site, index)}`
    return `${site.at} ${differing.map(([object]) => `${object} was ${then.get(object) ?? ABSENT}`).join('; ')}`
  }

  /** Does it read from the server, or call what is outside? */
  #looksElsewhere(process: string): boolean {
    return this.#log.some(
      (it) =>
        it.type === 'site' &&
        it.about.process === process &&
        (it.about.type === 'read' || it.about.type === 'outside'),
    )
  }

  // -- clocks -------------------------------------------------------------------------------------------

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

  /** Does any process under test watch the kind, or ask for it? One pod, or node, is like another. */
  #isWatched({ about: { process, resource } }: SiteEntry): boolean {
    return this.#log.some(
      (it) =>
        (it.type === 'watch' && it.resource === resource) ||
        (it.type === 'site' && it.about.process !== process && it.about.resource === resource),
    )
  }

  /** A clock that is wrong from the start is wrong in another way than one that becomes wrong. */
  #hasAsked(site: SiteEntry, index: number): boolean {
    const { process } = site.about
    return this.#log.slice(0, index).some((it) => it.type === 'clock' && it.process === process)
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

/** Of other calls the answer is late. */
function arrivesLate({ at, about }: SiteEntry): boolean {
  return about.type === 'change' && !at.startsWith(`${about.process}: delete `)
}

const ABSENT = 'absent'

/** An object without what every write changes. */
function contentOf(object: KubeObject | undefined): string {
  if (object === undefined) return ABSENT
  const {
    resourceVersion: _version,
    managedFields: _fields,
    generation: _generation,
    ...metadata
  } = object.metadata ?? {}
  return JSON.stringify({ ...object, metadata })
}

function placeOf(at: string): string {
  return at.slice(0, at.lastIndexOf(' #'))
}
