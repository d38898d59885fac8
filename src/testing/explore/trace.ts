/** What a report shows of a run: who did what, when, and what was true and known at that moment. */
import type { Untyped } from './spec.ts'

export interface TraceEntry {
  /** Ms since the start of the run. */
  readonly time: number
  readonly actor: string
  readonly type: 'user' | 'write' | 'outside' | 'fault' | 'process' | 'reconcile' | 'error' | 'phase'
  readonly text: string
  /** What its reconcile had read, where that was no longer true. */
  readonly stale?: readonly StaleRead[]
  /** `Site/a`: what was written. */
  readonly target?: string
  /** Every object as it truly was, by `Site/a`. */
  readonly truth: ReadonlyMap<string, Untyped>
  /** Every process's last look at an object, by process and then by `Site/a`; undefined: it was not there. */
  readonly seen: ReadonlyMap<string, ReadonlyMap<string, Untyped | undefined>>
}

export interface StaleRead {
  /** `Site/a`. */
  readonly object: string
  /** Revision that the controller saw; '' when it saw none. */
  readonly saw: string
  /** Revision that was true; '' when there was none. */
  readonly truth: string
}
