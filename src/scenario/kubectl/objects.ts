/** Finds kinds and objects as kubectl does: by words, references and selectors. Reads the store directly. */
import { apiVersionOf, groupResource, type KindDefinition, type KubeObject } from '../../api/kind.ts'
import { parseSelector } from '../../api/label-selector.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { nearestWord } from '../../kernel/nearest-word.ts'
import type { Target } from '../fields.ts'
import { StepFailure } from '../step.ts'

/** A kind and which of its objects are meant: one by name, or those that the selector takes. */
export interface ResolvedTarget {
  readonly kind: KindDefinition
  /** undefined for kinds without namespaces. */
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly selector: string | undefined
}

/** Resolves `deployment/web`, `pods`, or the fields of a step. Throws {@link StepFailure} for unknown kinds. */
export function resolveTarget(cluster: Cluster, target: Target, namespace: string): ResolvedTarget {
  if (typeof target === 'string') {
    const slash = target.indexOf('/')
    const [word, name] = slash < 0 ? [target, undefined] : [target.slice(0, slash), target.slice(slash + 1)]
    const kind = kindByWord(cluster, word)
    return { kind, namespace: kind.namespaced ? namespace : undefined, name, selector: undefined }
  }
  const kind =
    target.apiVersion === undefined
      ? kindByWord(cluster, target.kind)
      : kindOf(cluster, target.apiVersion, target.kind)
  return {
    kind,
    namespace: kind.namespaced ? (target.namespace ?? namespace) : undefined,
    name: target.name,
    selector: target.selector,
  }
}

/** The kind that kubectl takes `word` for: plural, singular, short name, kind, `deployments.apps`. */
export function kindByWord(cluster: Cluster, word: string): KindDefinition {
  const kind = cluster.scheme.byWord(word)
  if (kind !== undefined) return kind
  const near = nearestWord(word, allWords(cluster))
  throw new StepFailure(
    `the server doesn't have a resource type "${word}"${near === undefined ? '' : `: did you mean ${near}?`}`,
  )
}

export function kindOf(cluster: Cluster, apiVersion: string, kind: string): KindDefinition {
  const found = cluster.scheme.byKind(apiVersion, kind)
  if (found !== undefined) return found
  const kinds = cluster.scheme.all()
  const sameName = kinds.find((it) => it.kind === kind)
  const hint =
    sameName === undefined
      ? nearestWord(
          kind,
          kinds.map((it) => it.kind),
        )
      : `apiVersion ${apiVersionOf(sameName)}`
  throw new StepFailure(
    `no matches for kind "${kind}" in version "${apiVersion}"${hint === undefined ? '' : `: did you mean ${hint}?`}`,
  )
}

/** All objects that the target means, in name order; empty when there is none. */
export function findObjects(cluster: Cluster, target: ResolvedTarget): readonly KubeObject[] {
  const { kind, namespace, name, selector } = target
  if (name !== undefined) {
    const object = cluster.peek().get<KubeObject>(kind, { namespace, name })
    return object === undefined ? [] : [object]
  }
  const all = cluster.peek().list<KubeObject>(kind, namespace)
  if (selector === undefined) return all
  const parsed = parseSelector(selector)
  return all.filter((object) => parsed.matches(object.metadata?.labels))
}

/** As {@link findObjects}, but fails when there is none, saying what there is instead. */
export function requireObjects(cluster: Cluster, target: ResolvedTarget): readonly KubeObject[] {
  const objects = findObjects(cluster, target)
  if (objects.length === 0) throw new StepFailure(describeAbsence(target), namesThere(cluster, target))
  return objects
}

/** `deployments.apps "web" not found`, or `no pods match app=web`. */
export function describeAbsence({ kind, namespace, name, selector }: ResolvedTarget): string {
  if (name !== undefined) return `${groupResource(kind)} "${name}" not found`
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`
  return selector === undefined
    ? `no ${kind.resource}${where}`
    : `no ${kind.resource} match ${selector}${where}`
}

/** One line about the objects of the kind that exist, nearest name first; none when there are none. */
export function namesThere(cluster: Cluster, { kind, namespace, name }: ResolvedTarget): string[] {
  const names = cluster
    .peek()
    .list<KubeObject>(kind, namespace)
    .map((it) => it.metadata?.name ?? '')
  if (names.length === 0) {
    return [`there are no ${kind.resource}${namespace === undefined ? '' : ` in namespace ${namespace}`}`]
  }
  const near = name === undefined ? undefined : nearestWord(name, names)
  const shown = names.slice(0, 8).join(', ')
  return [
    ...(near === undefined ? [] : [`did you mean ${near}?`]),
    `there is: ${shown}${names.length > 8 ? ` and ${names.length - 8} more` : ''}`,
  ]
}

/** `deployment.apps/web`: how kubectl names what it did something to. */
export function printedName(kind: KindDefinition, name: string): string {
  return `${kind.singular}${kind.group === '' ? '' : `.${kind.group}`}/${name}`
}

function allWords(cluster: Cluster): string[] {
  return cluster.scheme.all().flatMap((kind) => [kind.resource, kind.singular, ...(kind.shortNames ?? [])])
}
