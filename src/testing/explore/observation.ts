/** A run in order, as far as it decides which faults could make a difference in it. */
import type { KubeObject } from '../../api/kind.ts'
import type { Task } from '../../kernel/task.ts'
import type { FaultName } from './faults.ts'

/** What a place is about. */
export interface About {
  readonly process: string
  readonly type: 'read' | 'create' | 'change' | 'outside' | 'event' | 'idle'
  /** The reconcile that makes the call. */
  readonly task?: Task
  /** Of a call or a watch event: `pods`. */
  readonly resource?: string
  /** Of a watch event: `ADDED Pod/web-1`. */
  readonly event?: string
  /** A change that names the version which it is about. */
  readonly guarded?: boolean
  /** Where in the code the call is made, with those who called. */
  readonly callSite?: string
  /** Of an idle moment: the revision at which the cluster was last settled, or 0. */
  readonly settledRevision?: number
}

export type Observation =
  | {
      readonly type: 'site'
      readonly at: string
      readonly faults: readonly FaultName[]
      readonly about: About
      /** All that is true there. */
      readonly state: string
    }
  /** The process watches this resource. */
  | { readonly type: 'watch'; readonly process: string; readonly resource: string }
  /** It looked into its cache. */
  | { readonly type: 'read'; readonly process: string; readonly resource: string }
  | { readonly type: 'clock'; readonly process: string }
  /** An object changed, or an outside system was called (resource ''). */
  | {
      readonly type: 'change'
      readonly actor: string
      readonly resource: string
      readonly revision: number
      /** The object after the change; undefined: it is gone. */
      readonly object?: KubeObject
      /** As watch events name it: `a`, `other/a`. */
      readonly name?: string
    }
  /** The scenario settles: faults of two settles ago end. */
  | { readonly type: 'settle' }
  /** It has. */
  | { readonly type: 'settled' }
