/**
 * Rebuilds a real cluster from what `kubectl get nodes,pods,deployments,... -A -o yaml` printed: machines like its
 * nodes, and its objects on them, with their owners and the nodes that their pods stand on.
 */
import type { Node } from '../api/core/node.ts'
import type { Pod } from '../api/core/pod.ts'
import type { KindDefinition, KubeObject, Stored } from '../api/kind.ts'
import { quantityValue } from '../api/quantity.ts'
import type { Scheme } from '../api/scheme.ts'
import type { Cluster, NodeSpec, Snapshot } from './cluster.ts'
import { type ManifestObject, parseManifest } from './manifest.ts'

/** What the cluster makes by itself, or what would only repeat the past. */
const LEFT_OUT = new Set([
  'Event',
  'Lease',
  'Endpoints',
  'EndpointSlice',
  'ControllerRevision',
  'CSINode',
  'Node',
])
const STANDARD = new Set(['cpu', 'memory', 'pods', 'ephemeral-storage'])

export interface ImportResult {
  readonly created: number
  /** Objects that were refused, or of kinds that are not served, and why. */
  readonly skipped: readonly { readonly object: string; readonly reason: string }[]
}

/** The nodes of a dump, for `createCluster({ nodes: importedNodes(text) })`. */
export function importedNodes(text: string, file?: string): NodeSpec[] {
  return parseManifest(text, file)
    .filter(({ object }) => object.kind === 'Node')
    .map(({ object }) => nodeSpecOf(object as Node))
}

/** Creates the other objects of the dump, owners before what they own. Controllers rest meanwhile. */
export async function importObjects(cluster: Cluster, text: string, file?: string): Promise<ImportResult> {
  const skipped: { object: string; reason: string }[] = []
  const uids = new Map<string, string>()
  let created = 0
  const manager = cluster.processes().find((it) => it.name === 'kube-controller-manager')
  manager?.pause()
  for (const { object } of inOrder(parseManifest(text, file))) {
    const name = `${object.kind} ${object.metadata?.namespace ? `${object.metadata.namespace}/` : ''}${object.metadata?.name}`
    const kind = kindOf(object, cluster.scheme)
    if (kind === undefined) {
      skipped.push({ object: name, reason: 'its kind is not served' })
      continue
    }
    try {
      const made = await createOrFind(cluster, kind, cleaned(object, uids))
      if (object.metadata?.uid) uids.set(object.metadata.uid, made.metadata.uid)
      created++
    } catch (error) {
      skipped.push({ object: name, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  manager?.resume()
  return { created, skipped }
}

/** A dump as a snapshot, for questions that need no running cluster. */
export function dumpSnapshot(text: string, file?: string): Snapshot {
  const objects = parseManifest(text, file).map(({ object }, i): Stored<KubeObject> => {
    const { name = '', uid = `${object.kind}-${i}` } = object.metadata ?? {}
    const stamps = { resourceVersion: '', creationTimestamp: '' }
    return { ...object, metadata: { ...stamps, ...object.metadata, name, uid } }
  })
  const list = (kind: string) => objects.filter((it) => it.kind === kind)
  return {
    revision: 0,
    get: <T extends KubeObject>(
      { kind }: { readonly kind: string },
      ref: { readonly namespace?: string; readonly name: string },
    ) =>
      list(kind).find(
        ({ metadata }) =>
          metadata.name === ref.name && (metadata.namespace ?? 'default') === (ref.namespace ?? 'default'),
      ) as T | undefined,
    list: <T extends KubeObject>({ kind }: { readonly kind: string }, namespace?: string) =>
      list(kind).filter(
        ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
      ) as unknown as T[],
    all: () => objects,
  }
}

function nodeSpecOf({ metadata, spec, status }: Node): NodeSpec {
  const { cpu, memory, pods, ...rest } = { ...status?.allocatable }
  const labels = metadata?.labels ?? {}
  const others = Object.entries(rest).filter(
    ([name]) => !STANDARD.has(name) && !name.startsWith('hugepages-'),
  )
  return {
    name: metadata?.name,
    cpu,
    memory,
    pods: pods === undefined ? undefined : quantityValue(pods),
    zone: labels['topology.kubernetes.io/zone'],
    region: labels['topology.kubernetes.io/region'],
    labels,
    // Taints of conditions come back by themselves when the condition holds.
    taints: spec.taints?.filter((it) => !it.key.startsWith('node.kubernetes.io/')),
    resources: Object.fromEntries(others),
  }
}

/** Namespaces first, then whatever owns others before what it owns. */
function inOrder(manifests: readonly ManifestObject[]): readonly ManifestObject[] {
  const wanted = manifests.filter(({ object }) => !LEFT_OUT.has(object.kind ?? '') && !isFinished(object))
  const byUid = new Map(wanted.map((it) => [it.object.metadata?.uid, it]))
  const depth = (it: ManifestObject, seen = 0): number => {
    const owner = byUid.get(it.object.metadata?.ownerReferences?.[0]?.uid)
    return owner === undefined || seen > 8 ? seen : depth(owner, seen + 1)
  }
  const rank = (it: ManifestObject) => (it.object.kind === 'Namespace' ? -1 : depth(it))
  return wanted
    .map((it) => ({ it, rank: rank(it) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ it }) => it)
}

function isFinished(object: KubeObject): boolean {
  const phase = object.kind === 'Pod' ? (object as Pod).status?.phase : undefined
  return phase === 'Succeeded' || phase === 'Failed'
}

/** Without what the server gives, and with the new uids of its owners. */
function cleaned(object: KubeObject, uids: ReadonlyMap<string, string>): KubeObject {
  const {
    uid: _,
    resourceVersion: __,
    managedFields: ___,
    creationTimestamp: ____,
    ...metadata
  } = {
    ...object.metadata,
  }
  const ownerReferences = metadata.ownerReferences?.flatMap((it) => {
    const uid = uids.get(it.uid)
    return uid === undefined ? [] : [{ ...it, uid }]
  })
  return { ...object, metadata: { ...metadata, ownerReferences } }
}

async function createOrFind(
  cluster: Cluster,
  kind: KindDefinition,
  object: KubeObject,
): Promise<Stored<KubeObject>> {
  const { namespace, name = '' } = object.metadata ?? {}
  const found = await cluster.client.find(kind, { namespace, name })
  return found ?? (await cluster.client.create(kind, object))
}

function kindOf(object: KubeObject, scheme: Scheme): KindDefinition | undefined {
  const [group, version] = (object.apiVersion ?? 'v1').includes('/')
    ? (object.apiVersion ?? '').split('/')
    : ['', object.apiVersion ?? 'v1']
  return scheme.all().find((it) => it.kind === object.kind && it.group === group && it.version === version)
}
