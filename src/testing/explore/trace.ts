/** What a report shows of a run: who did what, when, knowing what. */
export interface TraceEntry {
  /** Ms since the start of the run. */
  readonly time: number
  readonly actor: string
  readonly type: 'user' | 'write' | 'outside' | 'fault' | 'process' | 'reconcile' | 'error' | 'phase'
  readonly text: string
  /** What its reconcile had read, where that was no longer true. */
  readonly stale?: readonly StaleRead[]
}

export interface StaleRead {
  /** `Site/a`. */
  readonly object: string
  /** Revision that the controller saw; '' when it saw none. */
  readonly saw: string
  /** Revision that was true; '' when there was none. */
  readonly truth: string
}
