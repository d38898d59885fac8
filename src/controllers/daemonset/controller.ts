/** Keeps one pod on every node that a DaemonSet selects. */
import { ControllerRevision } from '../../api/apps/controller-revision.ts'
import { DaemonSet, type DaemonSetStatus, TEMPLATE_GENERATION } from '../../api/apps/daemon-set.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { isNotFound } from '../../api/errors.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import { compileSelector } from '../../api/label-selector.ts'
import { defineController, type ReconcileContext, type SetupContext } from '../runtime/controller.ts'
import { Expectations } from '../runtime/expectations.ts'
import { claim } from '../shared/claim.ts'
import {
  createRevision,
  deleteRevisions,
  nextRevision,
  REVISION_HASH,
  type Revision,
  reuseRevision,
  revisionsToDelete,
  sortRevisions,
  templatePatch,
} from '../shared/controller-history.ts'
import { FailureBackoff } from '../shared/failure-backoff.ts'
import { mapOwned } from '../shared/map-owned.ts'
import { claimable, controllerOf, controllerRef, OWNED } from '../shared/owner-refs.ts'
import { isPodReady, isPodTerminal } from '../shared/pod.ts'
import { PodControl, podFromTemplate } from '../shared/pod-control.ts'
import { isNamespaceTerminating } from '../shared/refusals.ts'
import { sameStatus } from '../shared/semantic-equal.ts'
import { slowStart } from '../shared/slow-start.ts'
import { canonicalJson, computeHash } from '../shared/template-hash.ts'
import { daemonTolerations, placementOn, specFor } from './nodes.ts'
import {
  type Changes,
  groupByNode,
  manage,
  POD_TEMPLATE_GENERATION,
  placesOf,
  planUpdate,
  type Scene,
  statusAfter,
} from './plan.ts'

/** Creates or deletes of one sync. */
const BURST = 250
/** A sync looks at every node: pods that become ready one after the other are looked at together. */
const BATCH_MS = 100

interface Memory {
  readonly expectations: Expectations
  readonly failures: FailureBackoff
  /** All nodes by name; undefined since one came or left. */
  nodeNames: readonly string[] | undefined
}

export const daemonSetController = defineController<DaemonSet, Memory>({
  name: 'daemonset-controller',
  component: 'daemonset-controller',
  for: DaemonSet,
  concurrency: 2,
  watches: [{ kind: ControllerRevision, map: () => [], informer: OWNED }],

  setup(context) {
    const memory: Memory = {
      expectations: new Expectations(context.process.clock),
      failures: new FailureBackoff(1000, 900_000),
      nodeNames: undefined,
    }
    watchPods(context, memory.expectations)
    watchNodes(context, memory)
    return memory
  },

  async reconcile(context) {
    const { object: set, key, memory, recorder } = context
    if (set === undefined) return memory.expectations.forget(key)
    if (compileSelector(set.spec.selector).empty) {
      const message = 'This daemon set is selecting all pods. A non-empty selector is required.'
      recorder.event(set, 'Warning', 'SelectingAll', message)
      return
    }
    if (set.metadata.deletionTimestamp !== undefined) return
    return new Sync(context, set).run()
  },
})

function watchPods(context: SetupContext<DaemonSet>, expectations: Expectations): void {
  const sets = context.informer.lister
  const lookup = { lister: ((kind: never) => context.informerFor(kind).lister) as never }
  const owningKeys = mapOwned(DaemonSet, (it) => it.spec.selector)
  const ownerKey = (pod: Stored<Pod>) => {
    const controller = controllerOf(pod)
    if (controller?.kind !== 'DaemonSet') return undefined
    const key = objectKey({ namespace: pod.metadata.namespace, name: controller.name })
    return sets.get(key)?.metadata.uid === controller.uid ? key : undefined
  }
  context.informerFor(Pod, OWNED).addHandlers({
    add(pod) {
      const key = ownerKey(pod)
      if (key === undefined) {
        if (controllerOf(pod) === undefined)
          for (const other of owningKeys(pod, lookup)) context.enqueue(other)
        return
      }
      if (pod.metadata.deletionTimestamp === undefined) expectations.creationObserved(key)
      else expectations.deletionObserved(key, objectKey(pod.metadata))
      context.enqueue(key)
    },
    update(pod, old) {
      const key = ownerKey(pod)
      const { labels, ownerReferences, deletionTimestamp } = pod.metadata
      if (
        key === undefined ||
        ownerReferences !== old.metadata.ownerReferences ||
        labels !== old.metadata.labels
      ) {
        for (const other of owningKeys(pod, lookup, old)) context.enqueue(other)
      } else if (deletionTimestamp !== old.metadata.deletionTimestamp) {
        expectations.deletionObserved(key, objectKey(pod.metadata))
        context.enqueue(key)
      } else if (isPodReady(pod) !== isPodReady(old) || isPodTerminal(pod) !== isPodTerminal(old)) {
        context.enqueueAfter(key, BATCH_MS)
      }
    },
    delete(pod) {
      const key = ownerKey(pod)
      if (key === undefined) return
      expectations.deletionObserved(key, objectKey(pod.metadata))
      context.enqueue(key)
    },
  })
}

function watchNodes(context: SetupContext<DaemonSet>, memory: Memory): void {
  const queue = (concerns: (set: Stored<DaemonSet>) => boolean) => {
    const keys = [...context.informer.lister.list()].filter(concerns).map((it) => objectKey(it.metadata))
    for (const key of keys.sort()) context.enqueue(key)
  }
  const placement = (set: Stored<DaemonSet>, node: Stored<Node>) =>
    placementOn(set, node, daemonTolerations(set.spec.template.spec))
  context.informerFor(Node).addHandlers({
    add: (node) => {
      memory.nodeNames = undefined
      queue((set) => placement(set, node).run)
    },
    update: (node, old) => {
      if (node.spec.taints === old.spec.taints && node.metadata.labels === old.metadata.labels) return
      queue((set) => {
        const [before, after] = [placement(set, old), placement(set, node)]
        return before.run !== after.run || before.stay !== after.stay
      })
    },
    delete: (node) => {
      memory.nodeNames = undefined
      queue((set) => placement(set, node).stay)
    },
  })
}

class Sync {
  readonly #context: ReconcileContext<DaemonSet, Memory>
  readonly #set: Stored<DaemonSet>

  constructor(context: ReconcileContext<DaemonSet, Memory>, set: Stored<DaemonSet>) {
    this.#context = context
    this.#set = set
  }

  async run() {
    const { key, memory } = this.#context
    const history = await this.#syncHistory()
    let scene = await this.#look(history.hash)
    const satisfied = memory.expectations.satisfied(key)
    let requeueAfterMs: number | undefined
    let failure: { readonly error: unknown } | undefined
    if (satisfied) {
      try {
        const managed = await this.#manage(scene)
        requeueAfterMs = managed.requeueAfterMs
        if (memory.expectations.satisfied(key)) {
          if (this.#set.spec.updateStrategy?.type !== 'OnDelete') {
            if (managed.changed) scene = { ...scene, podsByNode: await this.#pods() }
            await this.#change(scene, planUpdate(scene))
          }
        }
        await this.#truncateHistory(scene, history.old)
      } catch (error) {
        failure = { error }
      }
    }
    const status = await this.#writeStatus(scene, satisfied, history.collisionCount)
    if (failure !== undefined) throw failure.error
    return { requeueAfterMs: requeueAfterMs ?? this.#recheckAfterMs(status) }
  }

  async #look(hash: string): Promise<Scene> {
    const { lister, now, memory } = this.#context
    const nodes = lister(Node)
    memory.nodeNames ??= nodes
      .list()
      .map((it) => it.metadata.name)
      .sort()
    const podsByNode = await this.#pods()
    const known = memory.nodeNames.flatMap((name) => nodes.get(name) ?? [])
    return { set: this.#set, places: placesOf(this.#set, known), podsByNode, hash, now }
  }

  async #pods(): Promise<Scene['podsByNode']> {
    const selector = compileSelector(this.#set.spec.selector)
    const pods = await claim({
      client: this.#context.client,
      ownerKind: DaemonSet,
      owner: this.#set,
      kind: Pod,
      candidates: claimable(this.#context.lister(Pod), this.#set),
      matches: (pod) => selector.matches(pod.metadata.labels),
    })
    return groupByNode(pods)
  }

  /** `requeueAfterMs`: when to look again at pods that failed too often to be replaced now. */
  async #manage(scene: Scene) {
    const { recorder, memory, now } = this.#context
    const managed = manage(scene)
    let requeueAfterMs: number | undefined
    const ended: Stored<Pod>[] = []
    for (const pod of managed.failed) {
      const node = pod.spec.nodeName ?? ''
      const backoffKey = `${this.#set.metadata.uid}/${this.#set.status?.observedGeneration ?? 0}/${node}`
      const leftMs = memory.failures.leftMs(backoffKey, now)
      if (leftMs > 0) {
        requeueAfterMs = Math.min(requeueAfterMs ?? leftMs, leftMs)
        continue
      }
      memory.failures.failed(backoffKey, now)
      const message = `Found failed daemon pod ${objectKey(pod.metadata)} on node ${node}, will try to kill it`
      recorder.event(this.#set, 'Warning', 'FailedDaemonPod', message)
      ended.push(pod)
    }
    for (const pod of managed.succeeded) {
      const message = `Found succeeded daemon pod ${objectKey(pod.metadata)} on node ${pod.spec.nodeName}, will try to delete it`
      recorder.event(this.#set, 'Normal', 'SucceededDaemonPod', message)
      ended.push(pod)
    }
    const changes = { create: managed.create, delete: [...ended, ...managed.delete] }
    await this.#change(scene, changes)
    return { requeueAfterMs, changed: changes.create.length + changes.delete.length > 0 }
  }

  async #change(scene: Scene, changes: Changes): Promise<void> {
    const { key, memory } = this.#context
    const create = changes.create.slice(0, BURST)
    const doomed = changes.delete.slice(0, BURST)
    if (create.length === 0 && doomed.length === 0) return
    memory.expectations.expect(
      key,
      create.length,
      doomed.map((it) => objectKey(it.metadata)),
    )
    const failed = (await this.#create(scene, create)) ?? (await this.#delete(doomed))
    if (failed !== undefined) throw failed.error
  }

  async #create(scene: Scene, nodes: readonly string[]) {
    const { client, recorder, key, memory } = this.#context
    const base = this.#podTemplate(scene.hash)
    const tolerations = daemonTolerations(base.spec)
    const control = new PodControl(client, recorder)
    const result = await slowStart(nodes.length, async (i) => {
      try {
        await control.create({ ...base, spec: specFor(base.spec, tolerations, nodes[i]!) }, this.#set)
      } catch (error) {
        if (!isNamespaceTerminating(error)) throw error
      }
    })
    const missing = nodes.length - result.successes
    if (missing > 0) memory.expectations.creationObserved(key, missing)
    return missing > 0 ? { error: result.error } : undefined
  }

  #podTemplate(hash: string): Pod {
    const { template } = this.#set.spec
    const generation = this.#set.metadata.annotations?.[TEMPLATE_GENERATION]
    const labels = {
      ...template.metadata?.labels,
      ...(generation !== undefined && { [POD_TEMPLATE_GENERATION]: generation }),
      [REVISION_HASH]: hash,
    }
    return podFromTemplate({ ...template, metadata: { ...template.metadata, labels } }, DaemonSet, this.#set)
  }

  async #delete(pods: readonly Stored<Pod>[]) {
    const { client, recorder, key, memory } = this.#context
    const control = new PodControl(client, recorder)
    let failed: { readonly error: unknown } | undefined
    await Promise.all(
      pods.map((pod) =>
        control.delete(pod, this.#set).catch((error: unknown) => {
          memory.expectations.deletionObserved(key, objectKey(pod.metadata))
          if (!isNotFound(error)) failed ??= { error }
        }),
      ),
    )
    return failed
  }

  /** The revision of the template as it is; its hash is on the pods. */
  async #syncHistory() {
    const { client, lister } = this.#context
    const set = this.#set
    const selector = compileSelector(set.spec.selector)
    const owned = await claim({
      client,
      ownerKind: DaemonSet,
      owner: set,
      kind: ControllerRevision,
      candidates: claimable(lister(ControllerRevision), set),
      matches: (it) => selector.matches(it.metadata.labels),
    })
    const all = sortRevisions(owned)
    const data = templatePatch(set.spec.template)
    let collisionCount = set.status?.collisionCount
    let current = await reuseRevision(client, all, data)
    if (current === undefined) {
      const created = await createRevision(client, collisionCount ?? 0, (count) =>
        this.#newRevision(
          data,
          nextRevision(all),
          collisionCount === undefined && count === 0 ? undefined : count,
        ),
      )
      current = created.revision
      if (created.collisionCount > 0) collisionCount = created.collisionCount
    }
    const hash = current.metadata.labels?.[REVISION_HASH] ?? ''
    return { hash, collisionCount, old: all.filter((it) => it.metadata.uid !== current.metadata.uid) }
  }

  #newRevision(data: object, revision: number, collisionCount: number | undefined): ControllerRevision {
    const { metadata, spec } = this.#set
    const hash = computeHash(canonicalJson(spec.template), collisionCount)
    return {
      metadata: {
        name: `${metadata.name}-${hash}`,
        namespace: metadata.namespace,
        labels: { ...spec.template.metadata?.labels, [REVISION_HASH]: hash },
        annotations: metadata.annotations,
        ownerReferences: [controllerRef(DaemonSet, this.#set)],
      },
      data,
      revision,
    }
  }

  async #truncateHistory(scene: Scene, old: readonly Revision[]): Promise<void> {
    const live = new Set<string>()
    for (const pods of scene.podsByNode.values())
      for (const pod of pods) live.add(pod.metadata.labels?.[REVISION_HASH] ?? '')
    const isLive = (it: Revision) => live.has(it.metadata.labels?.[REVISION_HASH] ?? '')
    await deleteRevisions(
      this.#context.client,
      revisionsToDelete(old, this.#set.spec.revisionHistoryLimit ?? 10, isLive),
    )
  }

  /** While what was asked for has not been seen, the generation does not count as observed. */
  async #writeStatus(scene: Scene, observed: boolean, collisionCount: number | undefined) {
    const generation = observed ? this.#set.metadata.generation : this.#set.status?.observedGeneration
    const status = statusAfter(scene, generation, collisionCount)
    if (!sameStatus(status, this.#set.status))
      await this.#context.client.updateStatus(DaemonSet, { ...this.#set, status })
    return status
  }

  /** Ready pods become available by time alone. */
  #recheckAfterMs({ numberReady, numberAvailable = 0 }: DaemonSetStatus): number | undefined {
    const seconds = this.#set.spec.minReadySeconds ?? 0
    if (seconds === 0) return undefined
    return numberReady === numberAvailable ? undefined : seconds * 1000
  }
}
