/** nodeSelector and node affinity: required terms reject nodes, preferred ones raise their score. */
import * as z from 'zod'
import type { NodeSelectorTerm } from '../../api/core/affinity.ts'
import type { Node } from '../../api/core/node.ts'
import { lazily } from '../../kernel/lazily.ts'
import { type NodeMatcher, nodeSelectorMatcher, nodeTermMatcher } from '../cache/matchers.ts'
import type { PodClass } from '../cache/pod-class.ts'
import { ADD, UPDATE_NODE_LABEL } from '../framework/cluster-event.ts'
import { normalizeByMaximum } from '../framework/normalize.ts'
import type { PluginFactory, PreFilterResult } from '../framework/plugin.ts'
import { SUCCESS, unresolvable } from '../framework/status.ts'

const NO_MATCH = unresolvable("node(s) didn't match Pod's node affinity/selector")
const NOT_ENFORCED = unresolvable("node(s) didn't match scheduler-enforced node affinity")
const CONFLICT = unresolvable('pod affinity terms conflict')
const ALL_NODES: PreFilterResult = Object.freeze({ status: SUCCESS })

export const nodeAffinityArgs = lazily(() => {
  const requirement = z.strictObject({
    key: z.string(),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']),
    values: z.array(z.string()).optional(),
  })
  const term = z.strictObject({
    matchExpressions: z.array(requirement).optional(),
    matchFields: z.array(requirement).optional(),
  })
  return z.strictObject({
    /** Affinity that every pod of the profile gets in addition to its own. */
    addedAffinity: z
      .strictObject({
        requiredDuringSchedulingIgnoredDuringExecution: z
          .strictObject({ nodeSelectorTerms: z.array(term).min(1) })
          .optional(),
        preferredDuringSchedulingIgnoredDuringExecution: z
          .array(z.strictObject({ weight: z.int().min(1).max(100), preference: term }))
          .optional(),
      })
      .optional(),
  })
})

interface Preference {
  readonly weight: number
  readonly matches: NodeMatcher
}

export const nodeAffinity: PluginFactory = (args) => {
  const { addedAffinity } = args as z.infer<ReturnType<typeof nodeAffinityArgs>>
  const enforced = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const isEnforced = enforced && nodeSelectorMatcher(enforced)
  const added = compile(addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution)
  const preferences = new WeakMap<PodClass, readonly Preference[]>()
  const preferencesOf = (pod: PodClass): readonly Preference[] => {
    let all = preferences.get(pod)
    if (all === undefined) {
      const own = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution
      preferences.set(pod, (all = [...added, ...compile(own)]))
    }
    return all
  }
  const passes = (pod: PodClass, node: Node) =>
    (isEnforced?.(node) ?? true) && (pod.requiredNodes?.(node) ?? true)

  return {
    name: 'NodeAffinity',
    depends: 'node',
    concerns: (pod, point) =>
      point === 'filter'
        ? isEnforced !== undefined || pod.requiredNodes !== undefined
        : preferencesOf(pod).length > 0,
    events: [
      {
        resource: 'Node',
        actions: ADD | UPDATE_NODE_LABEL,
        hint: (pod, { oldObject, newObject }) =>
          passes(pod.class, newObject as Node) &&
          (oldObject === undefined || !passes(pod.class, oldObject as Node)),
      },
    ],

    preFilter(pod) {
      const { nodeAffinity: wanted } = pod.class.spec.affinity ?? {}
      const terms = wanted?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
      return terms === undefined ? ALL_NODES : nodesNamedBy(terms)
    },

    filter(pod, { node }) {
      if (isEnforced !== undefined && !isEnforced(node!)) return NOT_ENFORCED
      return (pod.class.requiredNodes?.(node!) ?? true) ? SUCCESS : NO_MATCH
    },

    score(pod, { node }) {
      let sum = 0
      for (const { weight, matches } of preferencesOf(pod.class)) if (matches(node!)) sum += weight
      return sum
    },

    normalize: (scores, count) => normalizeByMaximum(scores, count, false),
  }
}

/** When every term pins the node's name, only those nodes need to be looked at. */
function nodesNamedBy(terms: readonly NodeSelectorTerm[]): PreFilterResult {
  const all = new Set<string>()
  for (const { matchFields = [] } of terms) {
    let names: Set<string> | undefined
    for (const { key, operator, values = [] } of matchFields) {
      if (key !== 'metadata.name' || operator !== 'In') continue
      names = new Set(names === undefined ? values : values.filter((it) => names?.has(it)))
    }
    if (names === undefined) return ALL_NODES
    for (const name of names) all.add(name)
  }
  if (terms.length > 0 && all.size === 0) return { status: CONFLICT }
  return terms.length === 0 ? ALL_NODES : { status: SUCCESS, nodeNames: all }
}

function compile(
  terms: readonly { readonly weight: number; readonly preference?: NodeSelectorTerm }[] | undefined,
): readonly Preference[] {
  return (terms ?? [])
    .filter(({ weight, preference = {} }) => weight !== 0 && !isEmpty(preference))
    .map(({ weight, preference = {} }) => ({ weight, matches: nodeTermMatcher(preference) }))
}

function isEmpty({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): boolean {
  return matchExpressions.length === 0 && matchFields.length === 0
}
