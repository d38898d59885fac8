/**
 * What travels between a client and the API server, in process by reference and over HTTP decoded into the
 * same plain objects. Neither side imports the other: this file is what they agree on.
 */
import type { Status } from './meta/status.ts'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

/** Media types of PATCH bodies, as in the Content-Type header. */
export type PatchType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml'

/** Who asks; what authentication found. */
export interface UserInfo {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** Query parameters and, for deletes, the DeleteOptions of the body, decoded. Absent means not given. */
export interface RequestOptions {
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Of custom metrics: which of those of a name. */
  readonly metricLabelSelector?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  readonly limit?: number
  readonly continue?: string
  readonly allowWatchBookmarks?: boolean
  readonly sendInitialEvents?: boolean
  readonly timeoutSeconds?: number
  readonly dryRun?: boolean
  readonly fieldManager?: string
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict'
  readonly force?: boolean
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

/** What a request is about. `resource` is the lower-case plural; `group` is '' for core. */
export interface RequestTarget {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
}

/** One API request. */
export interface ApiRequest extends RequestTarget {
  readonly verb: Verb
  readonly options?: RequestOptions
  /**
   * create, update: the object; patch: the patch document. In process it is passed by reference and must be
   * deeply frozen or never touched again by the sender.
   */
  readonly body?: unknown
  readonly patchType?: PatchType
  /** What reading the text of the body found: `duplicate field "spec.replicas"`. */
  readonly duplicateFields?: readonly string[]
  /**
   * `items` of a list may be an iterable, each looked for when it is asked for, so that others may have their turn between;
   * undefined: one that was looked at is none of them. It may throw, and `metadata` is complete once it has been read.
   */
  readonly oneByOne?: boolean
  readonly user: UserInfo
  /** Default field manager: the part before the first `/` counts. */
  readonly userAgent?: string
}

/** `code` is the HTTP status. A failure carries the Status object that a real API server would send. */
export type ApiResponse =
  | {
      readonly ok: true
      readonly code: number
      readonly body: unknown
      readonly warnings?: readonly string[]
    }
  | { readonly ok: false; readonly code: number; readonly status: Status }

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'

/** `object` is frozen and shared with the store, the history and every other watcher. */
export interface WatchEvent<T = unknown> {
  readonly type: WatchEventType
  readonly object: T
  /** Revision of the store after this event; BOOKMARK: everything up to here was sent. */
  readonly revision: number
  /** Journal entry of the commit behind this event; 0 when unknown (initial state, relist). */
  readonly cause: number
}

/**
 * Receives a watch. Calls never overlap and arrive in revision order; a batch is never empty. After `end`
 * nothing follows; a status with code 410 means: list again.
 */
export interface WatchSink {
  /**
   * What is there when a watch starts, before anything else; without it, that comes as `events`. To be read whenever there
   * is time, undefined among it being nothing; live events go on arriving meanwhile, and come after it.
   */
  initial?(events: Iterable<WatchEvent | undefined>): void
  events(batch: readonly WatchEvent[]): void
  end(error?: Status): void
}

/** Stopping is final and silent: the sink hears nothing more, not even `end`. */
export interface WatchHandle {
  stop(): void
}

/**
 * The seam between a process and the API server, where latency, loss, partitions and crashes are injected.
 * `done` is called at most once, from the event loop and never before `request` returns; never, when the
 * process crashed meanwhile. A lost answer is a failure with code 504 (or a reset, code 0): the caller
 * cannot know whether the write was applied. Without `done` the answer is dropped where it is given.
 */
export interface Transport {
  request(request: ApiRequest, done?: (response: ApiResponse) => void): void
  watch(request: ApiRequest, sink: WatchSink): WatchHandle
}

/** A value now, or a promise of it: storage behind the API server may be remote. */
export type Maybe<T> = T | Promise<T>

/** The API server as seen from the composition root: what a transport or the HTTP front calls. */
export interface ApiHandler {
  /** Synchronous whenever the store is in memory. Never throws and never rejects: failures are responses. */
  handle(request: ApiRequest): Maybe<ApiResponse>
  /** Events come from inside commits, synchronously; the first batch may come before `watch` returns. */
  watch(request: ApiRequest, sink: WatchSink): WatchHandle
}
