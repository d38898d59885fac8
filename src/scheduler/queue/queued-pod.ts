/** A pod that waits to be placed. */
import type { Context } from '../../kernel/event-loop.ts'
import type { PodInfo } from '../cache/node-info.ts'
import type { QueueEntry } from '../framework/plugin.ts'
import type { HeapItem } from './heap.ts'

export interface QueuedPod extends QueueEntry, HeapItem {
  readonly info: PodInfo
  timestamp: number
  sequence: number
  /** How often it was taken out of the queue. */
  attempts: number
  /**
   *   active ---pop---> inFlight --+--> (bound)
   *     ^                          +--failed by error---> errorBackoff --time--> active
   *     |                          +--fits nowhere------> unschedulable --event--> backoff --time, or idle--> active
   *     +--------- preEnqueue says no: gated, an unschedulable pod that only its own update wakes
   */
  place: 'active' | 'inFlight' | 'backoff' | 'errorBackoff' | 'unschedulable' | 'none'
  gated: boolean
  /** Plugins that rejected it, last time. */
  unschedulablePlugins: ReadonlySet<string>
  /** Plugins that only asked it to wait. */
  pendingPlugins: ReadonlySet<string>
  /** When its back-off ends, ms, on whole seconds; 0: never failed. */
  backoffUntil: number
  /** What put it into the queue: the cause of the attempt. */
  context: Context
}
