/**
 * What is remembered about one class of identical pods: each node's answer and score, valid while the node does not
 * change, and the trackers' counts. Scheduling the next pod of the class then asks only the nodes that changed.
 */
import type { ClusterCache } from '../cache/cluster-cache.ts'
import type { NodeInfo } from '../cache/node-info.ts'
import type { PodClass } from '../cache/pod-class.ts'
import type { Plugin, PreFilterResult, Tracker } from './plugin.ts'
import { by, type Status } from './status.ts'

/** Answers are small numbers: an index into `statuses`. */
export const PASSES = 0

/** A plugin at a point, with its place in the configured order. */
export interface PlacedPlugin {
  readonly plugin: Plugin
  readonly place: number
  /** Score plugins only. */
  readonly weight: number
}

export interface PlacedTracker extends PlacedPlugin {
  readonly tracker: Tracker
}

/** Where `local` scores go: plain ones are summed up at once, those to be normalised keep a column each. */
export interface ScoreColumn extends PlacedPlugin {
  /** Absent as long as all nodes asked scored 0, which is what most nodes score. */
  raw: Int32Array | undefined
}

/** Per slot: the generation of the node when it was asked, its answer, its summed plain scores. */
export interface MemoArrays {
  readonly seen: Uint32Array
  readonly answers: Uint16Array
  readonly scores: Int32Array
}

function newArrays(rows: number): MemoArrays {
  return { seen: new Uint32Array(rows), answers: new Uint16Array(rows), scores: new Int32Array(rows) }
}

export class ClassMemo implements MemoArrays {
  readonly class: PodClass
  /** Filters whose answers are remembered, in configured order. */
  readonly localFilters: readonly PlacedPlugin[]
  /** Filters that must be asked every time. */
  readonly plainFilters: readonly PlacedPlugin[]
  readonly localScores: readonly PlacedPlugin[]
  readonly columns: readonly ScoreColumn[]
  readonly plainScores: readonly PlacedPlugin[]
  /** Trackers that score now. */
  scoringTrackers: readonly PlacedTracker[] = []
  /** Plain filters, and trackers that filter now, in configured order. */
  otherFilters: readonly (PlacedPlugin | PlacedTracker)[] = []
  /** Remembered PreFilter answers of plugins that depend on the class alone. */
  readonly preFilters = new Map<Plugin, PreFilterResult>()

  readonly seen: Uint32Array
  readonly answers: Uint16Array
  readonly scores: Int32Array
  readonly statuses: Status[]
  /** Place of the plugin behind each status. */
  readonly places: number[]

  readonly epoch: number
  readonly #codes = new Map<string, number>()
  #read: number

  constructor(pod: PodClass, cache: ClusterCache, points: MemoPoints, arrays?: MemoArrays) {
    this.class = pod
    const concerned = (point: 'filter' | 'score') => (it: PlacedPlugin) =>
      it.plugin.concerns?.(pod, point) ?? true
    const trackers = new Map<Plugin, Tracker | undefined>()
    const tracked = (it: PlacedPlugin): PlacedTracker[] => {
      if (!trackers.has(it.plugin)) trackers.set(it.plugin, it.plugin.track?.(pod))
      const tracker = trackers.get(it.plugin)
      return tracker === undefined ? [] : [{ ...it, tracker }]
    }
    const filters = points.filters.filter(concerned('filter'))
    const scores = points.scores.filter(concerned('score'))
    this.#filterTrackers = filters.flatMap(tracked)
    this.#scoreTrackers = scores.flatMap(tracked)
    this.localFilters = filters.filter(({ plugin }) => plugin.filter && plugin.depends === 'node')
    this.plainFilters = filters.filter(({ plugin }) => plugin.filter && plugin.depends !== 'node')
    const local = scores.filter(({ plugin }) => plugin.score && plugin.depends === 'node')
    this.localScores = local.filter(({ plugin }) => plugin.normalize === undefined)
    this.columns = local
      .filter(({ plugin }) => plugin.normalize !== undefined)
      .map((it) => ({ ...it, raw: undefined }))
    this.plainScores = scores.filter(({ plugin }) => plugin.score && plugin.depends !== 'node')
    this.#trackers = [...trackers.values()].filter((it) => it !== undefined)

    const { seen, answers, scores: sums } = arrays ?? newArrays(cache.rows)
    this.seen = seen.fill(0)
    this.answers = answers
    this.scores = sums
    this.statuses = [{ code: 'success', reasons: [] }]
    this.places = [-1]
    this.epoch = cache.epoch
    this.#read = cache.changes.end
    this.#selectTrackers()
  }

  readonly #filterTrackers: readonly PlacedTracker[]
  readonly #scoreTrackers: readonly PlacedTracker[]
  readonly #trackers: readonly Tracker[]
  #active = -1

  /** Trackers that have nothing to say cost nothing. */
  #selectTrackers(): void {
    let active = 0
    for (const { tracker } of this.#filterTrackers) active = active * 2 + (tracker.filters ? 1 : 0)
    for (const { tracker } of this.#scoreTrackers) active = active * 2 + (tracker.scores ? 1 : 0)
    if (active === this.#active) return
    this.#active = active
    const filtering = this.#filterTrackers.filter((it) => it.tracker.filters)
    this.otherFilters = [...this.plainFilters, ...filtering].sort((a, b) => a.place - b.place)
    this.scoringTrackers = this.#scoreTrackers.filter((it) => it.tracker.scores)
  }

  /** Brings the trackers up to date; false when the memo is void. */
  refresh(cache: ClusterCache): boolean {
    if (this.epoch !== cache.epoch) return false
    const end = cache.changes.end
    if (this.#trackers.length > 0) {
      for (const tracker of this.#trackers)
        if (tracker.refresh !== undefined && !tracker.refresh()) return false
      if (!cache.changes.has(this.#read)) return false
      for (let at = this.#read; at < end; at++) {
        const slot = cache.changes.at(at)
        for (const tracker of this.#trackers) tracker.update(slot)
      }
      this.#selectTrackers()
    }
    this.#read = end
    return true
  }

  /** A trial moved pods on the node: counts follow, and follow back when it is undone. */
  trialMoved(node: NodeInfo): void {
    for (const tracker of this.#trackers) {
      tracker.refresh?.()
      tracker.update(node.slot)
    }
    this.#selectTrackers()
  }

  /** The number of a status; equal answers of one plugin share one. */
  code(it: PlacedPlugin, status: Status): number {
    const key = `${it.place} ${status.code} ${status.reasons.join('\n')}`
    let code = this.#codes.get(key)
    if (code === undefined) {
      code = this.statuses.length
      this.#codes.set(key, code)
      this.statuses.push(by(it.plugin.name, status))
      this.places.push(it.place)
    }
    return code
  }

  dispose(): void {
    for (const tracker of this.#trackers) tracker.dispose()
  }
}

export interface MemoPoints {
  readonly filters: readonly PlacedPlugin[]
  readonly scores: readonly PlacedPlugin[]
}
