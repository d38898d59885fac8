/** Empties a namespace: every object of every namespaced kind (namespace/deletion/namespaced_resources_deleter.go). */
import { Pod } from '../../api/core/pod.ts'
import { apiVersionOf, type KindDefinition, type KubeObject, type Stored } from '../../api/kind.ts'
import type { Scheme } from '../../api/scheme.ts'
import type { Client } from '../../client/client.ts'
import { isPodTerminal } from '../shared/pod.ts'
import { textOf } from '../shared/refusals.ts'
import type { Remains } from './conditions.ts'

/** How long somebody else's finalizer is expected to take. */
const FINALIZER_SECONDS = 15

export interface Emptied extends Remains {
  /** When what is left should be gone; 0: nothing is left. */
  readonly estimateSeconds: number
}

/** One pass. While pods remain nothing else is touched: they may still need what else is there. */
export async function emptyNamespace(
  client: Client,
  scheme: Scheme,
  namespace: string,
  secondsSinceDeletion: number,
): Promise<Emptied> {
  const pods = await emptyKinds(client, [Pod as unknown as KindDefinition], namespace, secondsSinceDeletion)
  if (pods.resources.size > 0 || pods.failures.length > 0) return pods
  return emptyKinds(client, contentKinds(scheme), namespace, secondsSinceDeletion)
}

/** Namespaced kinds that can be deleted, one version of each. */
export function contentKinds(scheme: Scheme): readonly KindDefinition[] {
  return scheme
    .all()
    .filter((it) => it.namespaced && (it.verbs === undefined || it.verbs.includes('delete')))
    .filter((it) => scheme.byResource(it.group, it.resource) === it && it.resource !== 'pods')
}

async function emptyKinds(
  client: Client,
  kinds: readonly KindDefinition[],
  namespace: string,
  secondsSinceDeletion: number,
): Promise<Emptied> {
  const failures: string[] = []
  const resources = new Map<string, number>()
  const finalizers = new Map<string, number>()
  let estimateSeconds = 0
  for (const kind of kinds) {
    try {
      const seconds =
        kind.resource === 'pods' ? await gracePeriod(client, namespace, secondsSinceDeletion) : 0
      await client.deleteCollection(kind, { namespace, propagationPolicy: 'Background' })
      const { items } = await client.list(kind, { namespace })
      if (items.length === 0) continue
      resources.set(`${kind.resource}.${kind.group}`, items.length)
      const held = countFinalizers(items, finalizers)
      if (seconds === 0 && !held) throw new Error(unexpected(kind, namespace))
      estimateSeconds = Math.max(estimateSeconds, seconds === 0 ? FINALIZER_SECONDS : seconds)
    } catch (error) {
      failures.push(textOf(error))
    }
  }
  return { failures, resources, finalizers, estimateSeconds }
}

/** The longest that a pod may still take; none when that long has passed already. */
async function gracePeriod(client: Client, namespace: string, secondsSinceDeletion: number): Promise<number> {
  const { items } = await client.list(Pod, { namespace })
  return longestGrace(items, secondsSinceDeletion)
}

export function longestGrace(pods: readonly Pod[], secondsSinceDeletion: number): number {
  const grace = pods
    .filter((it) => !isPodTerminal(it))
    .reduce((max, it) => Math.max(max, it.spec.terminationGracePeriodSeconds ?? 0), 0)
  return secondsSinceDeletion >= grace ? 0 : grace
}

function countFinalizers(items: readonly Stored<KubeObject>[], counts: Map<string, number>): boolean {
  let any = false
  for (const finalizer of items.flatMap((it) => it.metadata.finalizers ?? [])) {
    counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1)
    any = true
  }
  return any
}

function unexpected(kind: KindDefinition, namespace: string): string {
  const gvr = `${kind.group === '' ? '/' : ''}${apiVersionOf(kind)}, Resource=${kind.resource}`
  return `unexpected items still remain in namespace: ${namespace} for gvr: ${gvr}`
}
