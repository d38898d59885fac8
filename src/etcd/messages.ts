/**
 * Requests and responses in the shapes of etcd's v3 API (upstream: api/etcdserverpb/rpc.proto), in
 * camelCase and without the cluster and member ids of a response header.
 *
 * Keys are *binary strings*: each UTF-16 unit is one byte, so that `<` is etcd's bytewise order. An ASCII
 * key is itself. Revisions are plain numbers, lease ids are int64 and therefore `bigint`. Where etcd's
 * field has a zero value, the field here is optional and means the same when it is left out.
 */

/** A live key at one revision. The store hands out its own records: read them, never keep secrets in them. */
export interface KeyValue<V> {
  readonly key: string
  readonly value: V
  readonly createRevision: number
  readonly modRevision: number
  /** Writes since the key was created, this one included: 1 on creation. */
  readonly version: number
  /** 0n when no lease is attached. */
  readonly lease: bigint
}

export interface PutEvent<V> {
  readonly type: 'PUT'
  readonly kv: KeyValue<V>
  readonly prevKv?: KeyValue<V> | undefined
}

/** Of a deleted key, etcd tells only its name and the revision of the deletion. */
export interface DeleteEvent<V> {
  readonly type: 'DELETE'
  readonly kv: { readonly key: string; readonly modRevision: number }
  readonly prevKv?: KeyValue<V> | undefined
}

export type KvEvent<V> = PutEvent<V> | DeleteEvent<V>

export type SortOrder = 'NONE' | 'ASCEND' | 'DESCEND'
export type SortTarget = 'KEY' | 'VERSION' | 'CREATE' | 'MOD' | 'VALUE'

/** A key alone, `[key, rangeEnd)`, or everything from `key` on when `rangeEnd` is a zero byte. */
export interface KeyRange {
  readonly key: string
  readonly rangeEnd?: string | undefined
}

export interface RangeRequest extends KeyRange {
  /** 0 or less: no limit. */
  readonly limit?: number
  /** 0 or less: the current revision. */
  readonly revision?: number
  readonly sortOrder?: SortOrder
  readonly sortTarget?: SortTarget
  readonly keysOnly?: boolean
  readonly countOnly?: boolean
  readonly minModRevision?: number
  readonly maxModRevision?: number
  readonly minCreateRevision?: number
  readonly maxCreateRevision?: number
}

export interface RangeResponse<V> {
  /** Always the current revision, also when an older one was read. */
  readonly revision: number
  /** `value` is undefined for keysOnly. */
  readonly kvs: readonly KeyValue<V | undefined>[]
  readonly more: boolean
  /** Keys in the range, before limit and before the min and max filters. */
  readonly count: number
}

export interface PutRequest<V> {
  readonly key: string
  /** Left out only together with ignoreValue. */
  readonly value?: V
  readonly lease?: bigint
  readonly prevKv?: boolean
  readonly ignoreValue?: boolean
  readonly ignoreLease?: boolean
}

export interface PutResponse<V> {
  readonly revision: number
  readonly prevKv?: KeyValue<V> | undefined
}

export interface DeleteRangeRequest extends KeyRange {
  readonly prevKv?: boolean
}

export interface DeleteRangeResponse<V> {
  readonly revision: number
  readonly deleted: number
  readonly prevKvs: readonly KeyValue<V>[]
}

export type CompareResult = 'EQUAL' | 'GREATER' | 'LESS' | 'NOT_EQUAL'

/** With a rangeEnd all keys of the range must hold; an empty range behaves as one missing key. */
export type Compare<V> = KeyRange & { readonly result: CompareResult } & (
    | { readonly target: 'VERSION'; readonly version: number }
    | { readonly target: 'CREATE'; readonly createRevision: number }
    | { readonly target: 'MOD'; readonly modRevision: number }
    | { readonly target: 'LEASE'; readonly lease: bigint }
    | { readonly target: 'VALUE'; readonly value: V }
  )

export type RequestOp<V> =
  | { readonly range: RangeRequest }
  | { readonly put: PutRequest<V> }
  | { readonly deleteRange: DeleteRangeRequest }
  | { readonly txn: TxnRequest<V> }

export interface TxnRequest<V> {
  readonly compare?: readonly Compare<V>[]
  readonly success?: readonly RequestOp<V>[]
  readonly failure?: readonly RequestOp<V>[]
}

export type ResponseOp<V> =
  | { readonly range: RangeResponse<V> }
  | { readonly put: PutResponse<V> }
  | { readonly deleteRange: DeleteRangeResponse<V> }
  | { readonly txn: TxnResponse<V> }

export interface TxnResponse<V> {
  /** Of a nested txn: 0, as in etcd. */
  readonly revision: number
  readonly succeeded: boolean
  readonly responses: readonly ResponseOp<V>[]
}

export interface LeaseGrantRequest {
  /** Whole seconds, the way etcd counts. */
  readonly ttl: number
  /** 0n or left out: the store picks one. */
  readonly id?: bigint
}

export interface LeaseGrantResponse {
  readonly revision: number
  readonly id: bigint
  readonly ttl: number
}

export interface LeaseKeepAliveResponse {
  readonly revision: number
  readonly id: bigint
  /** 0 when there is no such lease. */
  readonly ttl: number
}

export interface LeaseTimeToLiveResponse {
  readonly revision: number
  readonly id: bigint
  /** Whole seconds left; -1 when there is no such lease. */
  readonly ttl: number
  readonly grantedTtl: number
  /** Attached keys in order, when asked for. */
  readonly keys: readonly string[]
}

export interface LeaseLeasesResponse {
  readonly revision: number
  readonly leases: readonly bigint[]
}

export interface WatchRequest extends KeyRange {
  /** 0: from now on. Negative: the same, but refused once there was a compaction. */
  readonly startRevision?: number
  readonly prevKv?: boolean
  /** Drop puts. */
  readonly noPut?: boolean
  /** Drop deletions. */
  readonly noDelete?: boolean
  /** Say where the stream stands when it had nothing to tell for a while (10 minutes by default). */
  readonly progressNotify?: boolean
}

/** Without events it is a progress notice: nothing at or below `revision` will follow. */
export interface WatchResponse<V> {
  readonly revision: number
  readonly events: readonly KvEvent<V>[]
}

/** Why a watch ended on its own: history below this revision is gone. */
export interface WatchClosed {
  readonly compactRevision: number
}
