/** Speaks etcd's gRPC API in the shapes of src/etcd/messages.ts. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type {
  Compare,
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyRange,
  KeyValue,
  KvEvent,
  LeaseGrantRequest,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from '../../../src/etcd/messages.ts'
import type { WatchStreamRequest, WatchStreamResponse } from '../../../src/etcd/watch-stream.ts'

/** A refusal as it came over the wire. */
export class WireError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

type Message = Record<string, unknown>
type Unary = (request: Message, callback: (error: GrpcError | null, response: Message) => void) => void

interface GrpcError {
  readonly code: number
  readonly details: string
}

interface Duplex {
  write(message: Message): void
  end(): void
  on(event: 'data', listener: (message: Message) => void): void
  on(event: 'error', listener: (error: GrpcError) => void): void
}

type ServiceClient = Record<string, Unary> & { close(): void }
type ServiceConstructor = new (endpoint: string, credentials: unknown, options: object) => ServiceClient

interface Grpc {
  readonly credentials: { createInsecure(): unknown }
  loadPackageDefinition(definition: object): { etcdserverpb: Record<string, ServiceConstructor> }
}

interface ProtoLoader {
  loadSync(file: string, options: object): object
}

export interface LeaseAnswer {
  readonly revision: number
  readonly id: bigint
  readonly ttl: number
}

/** One connection. Methods reject with {@link WireError}. */
export class WireClient {
  readonly #kv: ServiceClient
  readonly #lease: ServiceClient
  readonly #watch: ServiceClient

  constructor(endpoint: string) {
    const services = loadServices()
    const open = (name: string) =>
      new services.types[name]!(endpoint, services.credentials, {
        'grpc.max_receive_message_length': -1,
        'grpc.max_send_message_length': -1,
      })
    this.#kv = open('KV')
    this.#lease = open('Lease')
    this.#watch = open('Watch')
  }

  async range(request: RangeRequest): Promise<RangeResponse<string>> {
    return toRange(await call(this.#kv, 'Range', fromRange(request)))
  }

  async put(request: PutRequest<string>): Promise<PutResponse<string>> {
    return toPut(await call(this.#kv, 'Put', fromPut(request)))
  }

  async deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse<string>> {
    return toDelete(await call(this.#kv, 'DeleteRange', fromDelete(request)))
  }

  async txn(request: TxnRequest<string>): Promise<TxnResponse<string>> {
    return toTxn(await call(this.#kv, 'Txn', fromTxn(request)))
  }

  async compact(revision: number): Promise<{ revision: number }> {
    return { revision: revisionOf(await call(this.#kv, 'Compact', { revision, physical: true })) }
  }

  async leaseGrant({ ttl, id = 0n }: LeaseGrantRequest): Promise<LeaseAnswer> {
    const response = await call(this.#lease, 'LeaseGrant', { TTL: ttl, ID: id.toString() })
    return {
      revision: revisionOf(response),
      id: BigInt(response['ID'] as string),
      ttl: Number(response['TTL']),
    }
  }

  async leaseRevoke(id: bigint): Promise<{ revision: number }> {
    return { revision: revisionOf(await call(this.#lease, 'LeaseRevoke', { ID: id.toString() })) }
  }

  async leaseTimeToLive(id: bigint): Promise<LeaseAnswer & { grantedTtl: number; keys: string[] }> {
    const response = await call(this.#lease, 'LeaseTimeToLive', { ID: id.toString(), keys: true })
    return {
      revision: revisionOf(response),
      id: BigInt(response['ID'] as string),
      ttl: Number(response['TTL']),
      grantedTtl: Number(response['grantedTTL']),
      keys: (response['keys'] as Buffer[]).map(binary),
    }
  }

  leaseKeepAlive(id: bigint): Promise<LeaseAnswer> {
    return new Promise((resolve, reject) => {
      const stream = (this.#lease['LeaseKeepAlive'] as unknown as () => Duplex).call(this.#lease)
      stream.on('error', (error) => reject(new WireError(error.code, error.details)))
      stream.on('data', (response) => {
        stream.end()
        resolve({ revision: revisionOf(response), id, ttl: Number(response['TTL']) })
      })
      stream.write({ ID: id.toString() })
    })
  }

  async leaseLeases(): Promise<{ revision: number; leases: bigint[] }> {
    const response = await call(this.#lease, 'LeaseLeases', {})
    const leases = (response['leases'] as { ID: string }[]).map((lease) => BigInt(lease.ID))
    return { revision: revisionOf(response), leases }
  }

  watchStream(onResponse: (response: WatchStreamResponse<string>) => void): {
    send(request: WatchStreamRequest): void
    end(): void
  } {
    const stream = (this.#watch['Watch'] as unknown as () => Duplex).call(this.#watch)
    stream.on('data', (message) => onResponse(toWatchResponse(message)))
    stream.on('error', () => undefined)
    return { send: (request) => stream.write(fromWatch(request)), end: () => stream.end() }
  }

  close(): void {
    for (const client of [this.#kv, this.#lease, this.#watch]) client.close()
  }
}

let loaded: { types: Record<string, ServiceConstructor>; credentials: unknown } | undefined

/** The gRPC library and protocol files that the etcd3 package brings along. */
function loadServices() {
  if (loaded !== undefined) return loaded
  const main = createRequire(import.meta.url).resolve('etcd3')
  const near = createRequire(main)
  const grpc: Grpc = near('@grpc/grpc-js')
  const loader: ProtoLoader = near('@grpc/proto-loader')
  const definition = loader.loadSync(join(dirname(main), '../proto/rpc.proto'), {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    arrays: true,
    oneofs: true,
  })
  loaded = {
    types: grpc.loadPackageDefinition(definition).etcdserverpb,
    credentials: grpc.credentials.createInsecure(),
  }
  return loaded
}

function call(client: ServiceClient, method: string, request: Message): Promise<Message> {
  return new Promise((resolve, reject) => {
    client[method]!.call(client, request, (error, response) => {
      if (error === null) resolve(response)
      else reject(new WireError(error.code, error.details))
    })
  })
}

function bytes(text: string | undefined): Buffer {
  return Buffer.from(text ?? '', 'latin1')
}

/** An empty range end must be left out: written down, etcd takes it for the end of all keys. */
function rangeEnd(range: KeyRange): Message {
  return range.rangeEnd === undefined || range.rangeEnd === '' ? {} : { range_end: bytes(range.rangeEnd) }
}

function binary(buffer: Buffer): string {
  return buffer.toString('latin1')
}

function revisionOf(response: Message): number {
  return Number((response['header'] as { revision: string } | null)?.revision ?? 0)
}

const SORT_ORDER = { NONE: 'None', ASCEND: 'Ascend', DESCEND: 'Descend' }
const SORT_TARGET = { KEY: 'Key', VERSION: 'Version', CREATE: 'Create', MOD: 'Mod', VALUE: 'Value' }
const RESULT = { EQUAL: 'Equal', GREATER: 'Greater', LESS: 'Less', NOT_EQUAL: 'NotEqual' }

function fromRange(request: RangeRequest): Message {
  return {
    key: bytes(request.key),
    ...rangeEnd(request),
    limit: request.limit ?? 0,
    revision: request.revision ?? 0,
    sort_order: SORT_ORDER[request.sortOrder ?? 'NONE'],
    sort_target: SORT_TARGET[request.sortTarget ?? 'KEY'],
    keys_only: request.keysOnly ?? false,
    count_only: request.countOnly ?? false,
    min_mod_revision: request.minModRevision ?? 0,
    max_mod_revision: request.maxModRevision ?? 0,
    min_create_revision: request.minCreateRevision ?? 0,
    max_create_revision: request.maxCreateRevision ?? 0,
  }
}

function fromPut(request: PutRequest<string>): Message {
  return {
    key: bytes(request.key),
    value: bytes(request.value),
    lease: (request.lease ?? 0n).toString(),
    prev_kv: request.prevKv ?? false,
    ignore_value: request.ignoreValue ?? false,
    ignore_lease: request.ignoreLease ?? false,
  }
}

function fromDelete(request: DeleteRangeRequest): Message {
  return { key: bytes(request.key), ...rangeEnd(request), prev_kv: request.prevKv ?? false }
}

function fromCompare(compare: Compare<string>): Message {
  const shared = {
    key: bytes(compare.key),
    ...rangeEnd(compare),
    result: RESULT[compare.result],
  }
  switch (compare.target) {
    case 'VERSION':
      return { ...shared, target: 'Version', version: compare.version }
    case 'CREATE':
      return { ...shared, target: 'Create', create_revision: compare.createRevision }
    case 'MOD':
      return { ...shared, target: 'Mod', mod_revision: compare.modRevision }
    case 'LEASE':
      return { ...shared, target: 'Lease', lease: compare.lease.toString() }
    case 'VALUE':
      return { ...shared, target: 'Value', value: bytes(compare.value) }
  }
}

function fromOp(op: RequestOp<string>): Message {
  if ('range' in op) return { request_range: fromRange(op.range) }
  if ('put' in op) return { request_put: fromPut(op.put) }
  if ('deleteRange' in op) return { request_delete_range: fromDelete(op.deleteRange) }
  return { request_txn: fromTxn(op.txn) }
}

function fromTxn(request: TxnRequest<string>): Message {
  return {
    compare: (request.compare ?? []).map(fromCompare),
    success: (request.success ?? []).map(fromOp),
    failure: (request.failure ?? []).map(fromOp),
  }
}

function fromWatch(request: WatchStreamRequest): Message {
  if ('cancel' in request) return { cancel_request: { watch_id: request.cancel.watchId } }
  if ('progress' in request) return { progress_request: {} }
  const { create } = request
  return {
    create_request: {
      key: bytes(create.key),
      ...rangeEnd(create),
      start_revision: create.startRevision ?? 0,
      progress_notify: create.progressNotify ?? false,
      filters: [...(create.noPut ? ['Noput'] : []), ...(create.noDelete ? ['Nodelete'] : [])],
      prev_kv: create.prevKv ?? false,
      watch_id: create.watchId ?? 0,
      fragment: create.fragment ?? false,
    },
  }
}

function toKv(message: Message): KeyValue<string> {
  return {
    key: binary(message['key'] as Buffer),
    value: binary(message['value'] as Buffer),
    createRevision: Number(message['create_revision']),
    modRevision: Number(message['mod_revision']),
    version: Number(message['version']),
    lease: BigInt(message['lease'] as string),
  }
}

function toRange(message: Message): RangeResponse<string> {
  return {
    revision: revisionOf(message),
    kvs: (message['kvs'] as Message[]).map(toKv),
    more: message['more'] as boolean,
    count: Number(message['count']),
  }
}

function toPut(message: Message): PutResponse<string> {
  const previous = message['prev_kv'] as Message | null
  return { revision: revisionOf(message), prevKv: previous === null ? undefined : toKv(previous) }
}

function toDelete(message: Message): DeleteRangeResponse<string> {
  return {
    revision: revisionOf(message),
    deleted: Number(message['deleted']),
    prevKvs: (message['prev_kvs'] as Message[]).map(toKv),
  }
}

function toOp(message: Message): ResponseOp<string> {
  switch (message['response']) {
    case 'response_range':
      return { range: toRange(message['response_range'] as Message) }
    case 'response_put':
      return { put: toPut(message['response_put'] as Message) }
    case 'response_delete_range':
      return { deleteRange: toDelete(message['response_delete_range'] as Message) }
    default:
      return { txn: toTxn(message['response_txn'] as Message) }
  }
}

function toTxn(message: Message): TxnResponse<string> {
  return {
    revision: revisionOf(message),
    succeeded: message['succeeded'] as boolean,
    responses: (message['responses'] as Message[]).map(toOp),
  }
}

function toEvent(message: Message): KvEvent<string> {
  const kv = toKv(message['kv'] as Message)
  const previous = message['prev_kv'] as Message | null
  const prevKv = previous === null ? undefined : toKv(previous)
  return message['type'] === 'Put' || message['type'] === 'PUT'
    ? { type: 'PUT', kv, prevKv }
    : { type: 'DELETE', kv, prevKv }
}

function toWatchResponse(message: Message): WatchStreamResponse<string> {
  return {
    revision: revisionOf(message),
    watchId: Number(message['watch_id']),
    created: message['created'] as boolean,
    canceled: message['canceled'] as boolean,
    compactRevision: Number(message['compact_revision']),
    cancelReason: message['cancel_reason'] as string,
    fragment: message['fragment'] as boolean,
    events: (message['events'] as Message[]).map(toEvent),
  }
}
