/**
 * Deletes what has lost all of its owners, and carries out foreground and orphaning deletions
 * (garbagecollector.go). It watches every kind that can be watched and deleted, custom ones included.
 */
import { isConflict, isNotFound } from '../../api/errors.ts'
import { apiVersionOf, type KindDefinition, type KubeObject, type Stored } from '../../api/kind.ts'
import type { OwnerReference } from '../../api/meta/object-meta.ts'
import type { DeleteOptions } from '../../client/client.ts'
import type { EventRecorder } from '../../client/event-recorder.ts'
import type { Process } from '../../client/process.ts'
import { invariant, unreachable } from '../../kernel/invariant.ts'
import type { ControllerControl } from '../runtime/controller-control.ts'
import { KeyWorker } from '../runtime/key-worker.ts'
import type { ControllerComponent } from '../runtime/manager.ts'
import { type Decision, decide, type Judged, type OwnerState } from './decide.ts'
import {
  blockingDependents,
  type Consequences,
  FOREGROUND,
  type GraphNode,
  type Identity,
  ORPHAN,
  OwnerGraph,
  waitsFor,
} from './graph.ts'

const COMPONENT = 'garbage-collector-controller'
const CONCURRENT_SYNCS = 20
/** Owners known to be absent; an owner's thousand dependents ask for it once. */
const ABSENT_MAX = 500

export const garbageCollector: ControllerComponent = {
  name: COMPONENT,
  start: (process, control) => new GarbageCollector(process, control).start(),
}

/** Kinds whose objects can be owned or own; Events have too short a life to be worth it. */
export function isCollected(kind: KindDefinition): boolean {
  const can = (verb: string) => kind.verbs === undefined || kind.verbs.includes(verb)
  return can('delete') && can('watch') && kind.resource !== 'events'
}

class GarbageCollector {
  readonly #process: Process
  readonly #recorder: EventRecorder
  readonly #graph = new OwnerGraph()
  readonly #absent = new Set<string>()
  readonly #watched = new Set<string>()
  readonly #deletions: KeyWorker
  readonly #orphans: KeyWorker

  constructor(process: Process, control: ControllerControl | undefined) {
    this.#process = process
    this.#recorder = process.recorder(COMPONENT)
    const worker = (work: (uid: string) => Promise<void>) =>
      new KeyWorker({
        process,
        component: COMPONENT,
        concurrency: CONCURRENT_SYNCS,
        control,
        work: ({ key }) => work(key),
      })
    this.#deletions = worker((uid) => this.#attemptToDelete(uid))
    this.#orphans = worker((uid) => this.#orphan(uid))
  }

  start(): void {
    const { scheme, informers } = this.#process
    this.#watchKinds()
    this.#process.onStop(scheme.onChange(() => this.#process.alive && this.#watchKinds()))
    informers.whenSynced(() => {
      this.#deletions.start()
      this.#orphans.start()
    })
  }

  #watchKinds(): void {
    const { scheme, informers } = this.#process
    for (const kind of scheme.all()) {
      const resource = `${kind.resource}.${kind.group}`
      if (!isCollected(kind) || this.#watched.has(resource)) continue
      if (scheme.byResource(kind.group, kind.resource) !== kind) continue
      this.#watched.add(resource)
      informers.for(kind).addHandlers({
        add: (object) => this.#observe(kind, object),
        update: (object, old) => this.#observe(kind, object, old),
        delete: (object) => this.#follow(this.#graph.remove(object.metadata.uid)),
      })
    }
  }

  #observe(kind: KindDefinition, object: Stored<KubeObject>, old?: Stored<KubeObject>): void {
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) {
      this.#follow(this.#graph.remove(old.metadata.uid))
      this.#observe(kind, object)
      return
    }
    const { namespace = '', name, uid } = object.metadata
    const identity = { apiVersion: apiVersionOf(kind), kind: kind.kind, namespace, name, uid }
    const consequences = this.#graph.put(identity, object, old)
    for (const owner of consequences.misplaced) this.#reportMisplaced(identity, owner)
    this.#follow(consequences)
  }

  #follow({ check, orphan }: Consequences): void {
    for (const uid of check) this.#deletions.add(uid)
    for (const uid of orphan) this.#orphans.add(uid)
  }

  #reportMisplaced({ apiVersion, kind, namespace, name, uid }: Identity, owner: OwnerReference): void {
    const reference = `${owner.apiVersion}/${owner.kind}, namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}`
    const message = `ownerRef [${reference}] does not exist in namespace "${namespace}"`
    this.#recorder.event(
      { apiVersion, kind, metadata: { namespace, name, uid } },
      'Warning',
      'OwnerRefInvalidNamespace',
      message,
    )
  }

  async #attemptToDelete(uid: string): Promise<void> {
    const node = this.#graph.get(uid)
    if (node === undefined) return
    // Being deleted is a one-way trip; its dependents are looked at when it has ended.
    if (node.beingDeleted && !node.deletingDependents) return
    const latest = await this.#find(node.identity)
    if (latest === undefined || latest.metadata.uid !== uid) return this.#confirmAbsent(node)
    // Known by name alone, and it exists: the watch will bring it.
    if (node.virtual) return
    if (node.deletingDependents) return this.#finishForeground(node, latest)
    await this.#carryOut(node, latest, decide(await this.#judge(node, latest)))
  }

  #confirmAbsent({ identity }: GraphNode): void {
    this.#rememberAbsent(identity)
    this.#follow(this.#graph.removeAbsent(identity))
  }

  /** Looks at each owner, live. */
  async #judge(node: GraphNode, latest: Stored<KubeObject>) {
    const owners: Judged[] = []
    for (const reference of latest.metadata.ownerReferences ?? []) {
      owners.push({ reference, state: await this.#stateOf(reference, node.identity) })
    }
    return {
      owners,
      finalizers: latest.metadata.finalizers ?? [],
      dependents: node.dependents.size,
      dependentWaits: [...node.dependents].some((it) => it.deletingDependents),
    }
  }

  async #stateOf(reference: OwnerReference, of: Identity): Promise<OwnerState> {
    const kind = this.#kindOf(reference)
    // A namespaced owner of a cluster-scoped object can never be found: better to keep the object than to guess.
    if (kind.namespaced && of.namespace === '') return 'solid'
    const place = { ...reference, namespace: kind.namespaced ? of.namespace : '' }
    if (this.#absent.has(absentKey(place))) return 'absent'
    const owner = await this.#find(place)
    if (owner === undefined || owner.metadata.uid !== reference.uid) {
      this.#rememberAbsent(place)
      return 'absent'
    }
    return waitsFor(owner, FOREGROUND) ? 'waiting' : 'solid'
  }

  async #carryOut(node: GraphNode, latest: Stored<KubeObject>, decision: Decision): Promise<void> {
    const kind = this.#kindOf(node.identity)
    switch (decision.action) {
      case 'keep':
        return
      case 'unlink':
        return this.#patchOwners(node.identity, decision.uids)
      case 'delete': {
        if (decision.unblock) await this.#unblockOwners(kind, latest)
        await this.#delete(kind, latest, decision.propagation)
        return
      }
      default:
        unreachable(decision)
    }
  }

  /** Not if its owners changed since they were judged: it may have been orphaned meanwhile. */
  async #delete(
    kind: KindDefinition,
    judged: Stored<KubeObject>,
    propagationPolicy: DeleteOptions['propagationPolicy'],
  ): Promise<void> {
    const { namespace, name, uid, resourceVersion, ownerReferences } = judged.metadata
    const { client } = this.#process
    const remove = (preconditions: DeleteOptions['preconditions']) =>
      client.delete(kind, { namespace, name }, { propagationPolicy, preconditions })
    try {
      await remove({ uid, resourceVersion })
    } catch (error) {
      if (!isConflict(error)) throw error
      const live = await client.find(kind, { namespace, name })
      if (live?.metadata.uid !== uid || !sameOwners(live.metadata.ownerReferences, ownerReferences))
        throw error
      await remove({ uid })
    }
  }

  /** The last step of a foreground deletion: its finalizer goes when nothing blocks any more. */
  async #finishForeground(node: GraphNode, latest: Stored<KubeObject>): Promise<void> {
    const blocking = blockingDependents(node)
    if (blocking.length === 0) return this.#removeFinalizer(node.identity, latest, FOREGROUND)
    for (const it of blocking) if (!it.deletingDependents) this.#deletions.add(it.identity.uid)
  }

  async #orphan(uid: string): Promise<void> {
    const node = this.#graph.get(uid)
    if (node === undefined) return
    for (const dependent of [...node.dependents]) await this.#patchOwners(dependent.identity, [uid])
    const latest = await this.#find(node.identity)
    if (latest?.metadata.uid === uid) await this.#removeFinalizer(node.identity, latest, ORPHAN)
  }

  async #patchOwners(identity: Identity, uids: readonly string[]): Promise<void> {
    const latest = await this.#find(identity)
    if (latest === undefined || latest.metadata.uid !== identity.uid) return
    const kept = (latest.metadata.ownerReferences ?? []).filter((it) => !uids.includes(it.uid))
    await this.#patchMetadata(identity, latest, { ownerReferences: kept })
  }

  async #unblockOwners(kind: KindDefinition, latest: Stored<KubeObject>): Promise<void> {
    const references = (latest.metadata.ownerReferences ?? []).map((it) => ({
      ...it,
      blockOwnerDeletion: false,
    }))
    await this.#patchMetadata(
      {
        ...kind,
        ...latest.metadata,
        apiVersion: apiVersionOf(kind),
        namespace: latest.metadata.namespace ?? '',
      },
      latest,
      {
        ownerReferences: references,
      },
    )
  }

  async #removeFinalizer(identity: Identity, latest: Stored<KubeObject>, finalizer: string): Promise<void> {
    const finalizers = latest.metadata.finalizers ?? []
    if (!finalizers.includes(finalizer)) return
    await this.#patchMetadata(identity, latest, { finalizers: finalizers.filter((it) => it !== finalizer) })
  }

  /** A merge patch guarded by the version it was derived from, so that it replaces whole lists safely. */
  async #patchMetadata(identity: Identity, latest: Stored<KubeObject>, metadata: object): Promise<void> {
    const { namespace, name, uid, resourceVersion } = latest.metadata
    const patch = { metadata: { ...metadata, uid, resourceVersion } }
    try {
      await this.#process.client.patch(this.#kindOf(identity), { namespace, name }, patch, {
        type: 'application/merge-patch+json',
      })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  #find(identity: {
    readonly apiVersion: string
    readonly kind: string
    readonly namespace: string
    readonly name: string
  }) {
    const { namespace, name } = identity
    return this.#process.client.find(
      this.#kindOf(identity),
      namespace === '' ? { name } : { namespace, name },
    )
  }

  /** @throws when no such kind is served (any more): tried again later */
  #kindOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): KindDefinition {
    const known = this.#process.scheme.byKind(apiVersion, kind)
    if (known === undefined) throw new Error(`unable to get REST mapping for ${apiVersion}/${kind}.`)
    return known
  }

  #rememberAbsent(identity: Omit<Identity, 'kind' | 'apiVersion'> & { readonly kind: string }): void {
    if (this.#absent.size >= ABSENT_MAX) {
      const [oldest] = this.#absent
      invariant(oldest !== undefined, 'a full set has a first element')
      this.#absent.delete(oldest)
    }
    this.#absent.add(absentKey(identity))
  }
}

function sameOwners(a: readonly OwnerReference[] = [], b: readonly OwnerReference[] = []): boolean {
  return a.length === b.length && a.every((it, i) => it.uid === b[i]!.uid)
}

function absentKey({
  kind,
  namespace,
  name,
  uid,
}: {
  kind: string
  namespace: string
  name: string
  uid: string
}): string {
  return `${kind} ${namespace}/${name} ${uid}`
}
