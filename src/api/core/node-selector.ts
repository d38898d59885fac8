/**
 * Whether a node satisfies a pod's nodeSelector and required node affinity. Selectors are compiled once per
 * object. Upstream: component-helpers/scheduling/corev1/nodeaffinity.
 */
import { type Labels, meets, type Requirement } from '../label-selector.ts'
import { checkLabelValue, checkQualifiedName } from '../names.ts'
import type { NodeSelector, NodeSelectorTerm } from './affinity.ts'
import type { PodSpec } from './pod-spec.ts'

export interface NodeTerm {
  /** An empty term matches nothing; so does one that says something illegal. */
  matches(name: string, labels: Labels): boolean
}

/** Terms are alternatives; no terms match nothing. */
export function compileNodeSelector(selector: NodeSelector): NodeTerm {
  let compiled = selectors.get(selector)
  if (compiled === undefined) {
    const terms = (selector.nodeSelectorTerms ?? []).map(compileNodeTerm)
    compiled = { matches: (name, labels) => terms.some((term) => term.matches(name, labels)) }
    selectors.set(selector, compiled)
  }
  return compiled
}

const selectors = new WeakMap<NodeSelector, NodeTerm>()

/** All expressions over labels and all over fields must hold. */
export function compileNodeTerm(term: NodeSelectorTerm): NodeTerm {
  const expressions = (term.matchExpressions ?? []) as readonly Requirement[]
  const fields = (term.matchFields ?? []) as readonly Requirement[]
  if (expressions.length === 0 && fields.length === 0) return NO_NODE
  if (!expressions.every(isLegal) || !fields.every(isLegalField)) return NO_NODE
  const complete = (it: Requirement): Requirement => ({ ...it, values: it.values ?? [] })
  const labelRequirements = expressions.map(complete)
  const fieldRequirements = fields.map(complete)
  return {
    matches: (name, labels) =>
      labelRequirements.every((it) => meets(it, labels)) &&
      fieldRequirements.every((it) => meets(it, { 'metadata.name': name })),
  }
}

const NO_NODE: NodeTerm = { matches: () => false }

/** nodeSelector and required node affinity together: what must hold before and while a pod is on a node. */
export function matchesNode(spec: PodSpec, name: string, labels: Labels | undefined): boolean {
  const actual = labels ?? {}
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) {
    if (!Object.hasOwn(actual, key) || actual[key] !== value) return false
  }
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required === undefined || compileNodeSelector(required).matches(name, actual)
}

function isLegal({ key = '', operator, values = [] }: Requirement): boolean {
  if (checkQualifiedName(key).length > 0) return false
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0 && values.every((it) => checkLabelValue(it).length === 0)
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
    case 'Gt':
    case 'Lt':
      return values.length === 1 && /^[+-]?\d+$/.test(values[0] as string)
    default:
      return false
  }
}

/** Only the name of the node can be asked for, and only for one value. */
function isLegalField({ key, operator, values = [] }: Requirement): boolean {
  return key === 'metadata.name' && (operator === 'In' || operator === 'NotIn') && values.length === 1
}
