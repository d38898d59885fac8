/** etcd's refusals: the gRPC code and the text that a real etcd 3.4 answers with. */

export type GrpcCode = 'InvalidArgument' | 'NotFound' | 'FailedPrecondition' | 'OutOfRange'

/** Numbers as they stand in a gRPC trailer. */
export const GRPC_CODE_NUMBER: Readonly<Record<GrpcCode, number>> = {
  InvalidArgument: 3,
  NotFound: 5,
  FailedPrecondition: 9,
  OutOfRange: 11,
}

export class EtcdError extends Error {
  override readonly name = 'EtcdError'
  readonly reason: EtcdErrorReason
  readonly code: GrpcCode

  constructor(reason: EtcdErrorReason) {
    const [code, message] = REFUSALS[reason]
    super(message)
    this.reason = reason
    this.code = code
  }
}

/** Texts of upstream's etcdserver/api/v3rpc/rpctypes/error.go. */
const REFUSALS = {
  EmptyKey: ['InvalidArgument', 'etcdserver: key is not provided'],
  KeyNotFound: ['InvalidArgument', 'etcdserver: key not found'],
  ValueProvided: ['InvalidArgument', 'etcdserver: value is provided'],
  LeaseProvided: ['InvalidArgument', 'etcdserver: lease is provided'],
  TooManyOps: ['InvalidArgument', 'etcdserver: too many operations in txn request'],
  DuplicateKey: ['InvalidArgument', 'etcdserver: duplicate key given in txn request'],
  InvalidSortOption: ['InvalidArgument', 'etcdserver: invalid sort option'],
  RequestTooLarge: ['InvalidArgument', 'etcdserver: request is too large'],
  Compacted: ['OutOfRange', 'etcdserver: mvcc: required revision has been compacted'],
  FutureRevision: ['OutOfRange', 'etcdserver: mvcc: required revision is a future revision'],
  LeaseNotFound: ['NotFound', 'etcdserver: requested lease not found'],
  LeaseExists: ['FailedPrecondition', 'etcdserver: lease already exists'],
  LeaseTtlTooLarge: ['OutOfRange', 'etcdserver: too large lease TTL'],
} as const satisfies Record<string, readonly [GrpcCode, string]>

export type EtcdErrorReason = keyof typeof REFUSALS

/** True for the refusal that makes a reader start over from a fresh list. */
export function isCompacted(error: unknown): boolean {
  return error instanceof EtcdError && error.reason === 'Compacted'
}
