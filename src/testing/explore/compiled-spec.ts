/** A spec made ready for thousands of runs: what all of them share is built once. */
import type { KindDefinition, KubeObject, Stored } from '../../api/kind.ts'
import { createScheme } from '../../api/scheme.ts'
import type { ClusterOptions } from '../../cluster/cluster.ts'
import { builtInManager } from '../../cluster/control-plane.ts'
import { Foundation } from '../../cluster/foundation.ts'
import { type AnyController, componentOf, freshControllers } from '../../cluster/user-controllers.ts'
import { ADMIN, CONTROLLER_MANAGER } from '../../cluster/users.ts'
import { invariant } from '../../kernel/invariant.ts'
import { ALL_FAULTS, ASKED_FOR, type FaultName, faultKind, isAllowed } from './faults.ts'
import { BESIDE } from './nodes.ts'
import type { LeadsTo, OutsideSystem, Property, SimSpec } from './spec.ts'

type AnyProperty = Property<Record<string, OutsideSystem>>

export interface CompiledSpec {
  readonly source: SimSpec
  readonly clusterOptions: ClusterOptions
  /** A cluster with what is there from the start; runs are forks of its store. */
  readonly base: Foundation
  /** The objects of `given`, as the API server stored them. */
  readonly given: readonly Stored<KubeObject>[]
  /** Each controller runs in a process of its own, named after it. */
  readonly processes: readonly {
    readonly name: string
    readonly make: (remotes: Readonly<Record<string, unknown>>) => readonly AnyController[]
  }[]
  /** No controller keeps anything in memory. */
  readonly stateless: boolean
  /** All that is outside shows itself: equal states are the same. */
  readonly comparable: boolean
  readonly properties: {
    readonly always: readonly (readonly [string, AnyProperty])[]
    readonly never: readonly (readonly [string, AnyProperty])[]
    readonly leadsTo: readonly (readonly [string, LeadsTo<Record<string, OutsideSystem>>])[]
  }
  /** Is the fault to be tried at this place? */
  readonly tries: (at: string, fault: FaultName) => boolean
  /** Starts what runs unharmed. */
  startBeside(foundation: Foundation): void
}

/** Latency of every message, ms: so that a hot loop moves time. */
const LATENCY_MS = 1

export function compileSpec<O extends Record<string, object>>(spec: SimSpec<O>): CompiledSpec {
  const source = spec as unknown as SimSpec
  const scheme = createScheme()
  for (const kind of (source.kinds ?? []) as readonly KindDefinition[]) scheme.register(kind)
  const clusterOptions: ClusterOptions = {
    nodes: 0,
    controllers: false,
    scheduler: false,
    journal: 'off',
    history: 'full',
    latency: LATENCY_MS,
    scheme,
  }
  // Another seed than that of the runs: uids of what is there must not come up again.
  const base = new Foundation({ ...clusterOptions, seed: 0 })
  const given = (source.given ?? []).map((object) => give(base, object))
  return {
    source,
    clusterOptions,
    base,
    given,
    processes: processesOf(source),
    stateless: makerOf(source)(inert() as never).every((it) => it.stateless === true),
    comparable: isComparable(source),
    properties: {
      always: Object.entries(source.always ?? {}),
      never: Object.entries(source.never ?? {}),
      leadsTo: Object.entries(source.leadsTo ?? {}),
    },
    tries: triesOf(source),
    startBeside: besideOf(source),
  }
}

function give(base: Foundation, object: KubeObject): Stored<KubeObject> {
  const kind = base.scheme.of(object)
  if (kind === undefined)
    throw new Error(`given: the API server serves no ${object.apiVersion} ${object.kind}`)
  const { group, version, resource, namespaced } = kind
  const namespace = namespaced ? (object.metadata?.namespace ?? 'default') : undefined
  const body = { ...object, metadata: { ...object.metadata, namespace } }
  const response = base.server.handle({
    verb: 'create',
    group,
    version,
    resource,
    namespace,
    body,
    user: ADMIN,
  })
  invariant(!(response instanceof Promise), 'a store in memory answers at once')
  if (!response.ok) throw new Error(`given: ${response.status.message}`)
  return response.body as Stored<KubeObject>
}

/** A system that lives in time, or says itself what it looks like, may hide what matters. */
function isComparable({ outside = {} }: SimSpec): boolean {
  return Object.values(outside).every((make) => make.length === 0 && !('snapshot' in make(inert() as never)))
}

function processesOf(source: SimSpec): CompiledSpec['processes'] {
  const make = makerOf(source)
  const { process } = source
  if (process !== undefined) return [{ name: process, make: (remotes) => make(remotes as never) }]
  const names = make(inert() as never).map((it) => componentOf(it))
  return names.map((name, index) => ({ name, make: (remotes) => [make(remotes as never)[index]!] }))
}

function makerOf({ controllers }: SimSpec): (remotes: never) => readonly AnyController[] {
  return typeof controllers === 'function'
    ? (controllers as (remotes: never) => readonly AnyController[])
    : () => controllers as readonly AnyController[]
}

/** By default everything that leaves no trace; but two lead only where one is elected. */
function triesOf(source: SimSpec): CompiledSpec['tries'] {
  const { faults, process } = source
  if (Array.isArray(faults)) return (_, fault) => isAllowed(fault, faults as readonly FaultName[])
  if (typeof faults === 'function') return (_, fault) => isAllowed(fault, ALL_FAULTS)
  const elected = makerOf(source)(inert() as never).filter((it) => it.leaderElection === true)
  const prefixes = elected.map((it) => `${process ?? componentOf(it)}: `)
  return (at, fault) => {
    if (ASKED_FOR.has(fault)) return false
    return faultKind(fault) !== 'two-leaders' || prefixes.some((it) => at.startsWith(it))
  }
}

/** Stands in for the remotes while controllers are only asked for their names. */
function inert(): unknown {
  const nothing: unknown = new Proxy(() => nothing, { get: () => nothing })
  return nothing
}

function besideOf({ builtIn, beside }: SimSpec): CompiledSpec['startBeside'] {
  return (foundation) => {
    if (builtIn !== undefined) {
      foundation.startProcess('kube-controller-manager', CONTROLLER_MANAGER, [builtInManager(builtIn)])
    }
    if (beside !== undefined) {
      foundation.startProcess(BESIDE, ADMIN, [freshControllers(() => beside as readonly AnyController[])])
    }
  }
}
