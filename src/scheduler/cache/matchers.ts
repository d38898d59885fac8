/**
 * Selectors of labels and nodes, compiled to functions: they are asked far more often than they change.
 * Upstream: apimachinery/pkg/labels, component-helpers/scheduling/corev1/nodeaffinity.
 */
import type { NodeSelector, NodeSelectorTerm } from '../../api/core/affinity.ts'
import type { Node } from '../../api/core/node.ts'
import { compileNodeSelector, compileNodeTerm, matchesNode } from '../../api/core/node-selector.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import { compileSelector, type Labels } from '../../api/label-selector.ts'
import type { LabelSelector } from '../../api/meta/label-selector.ts'

export type { Labels }
export type LabelMatcher = (labels: Labels) => boolean
export type NodeMatcher = (node: Node) => boolean

const EMPTY: Labels = Object.freeze({})

export function labelsOf(object: { readonly metadata?: { readonly labels?: Labels } }): Labels {
  return object.metadata?.labels ?? EMPTY
}

/** A label's value; what the prototype holds (`constructor`) is no label. */
export function label(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}

/** An absent selector matches nothing, an empty one everything. */
export function labelMatcher(selector: LabelSelector | undefined): LabelMatcher {
  const compiled = compileSelector(selector)
  return (labels) => compiled.matches(labels)
}

/** Whether the selector has no requirement at all. */
export function isEmptySelector(selector: LabelSelector): boolean {
  return compileSelector(selector).empty
}

/** Two equal selectors have one key; different spellings of one meaning may have two. */
export function selectorKey(selector: LabelSelector | undefined): string {
  return selector === undefined ? '-' : `{${compileSelector(selector)}}`
}

/** nodeSelector and required node affinity; undefined when the pod asks for neither. */
export function requiredNodeMatcher(spec: PodSpec): NodeMatcher | undefined {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (required === undefined && Object.keys(spec.nodeSelector ?? {}).length === 0) return undefined
  return (node) => matchesNode(spec, node.metadata?.name ?? '', labelsOf(node))
}

export function nodeSelectorMatcher(selector: NodeSelector): NodeMatcher {
  const compiled = compileNodeSelector(selector)
  return (node) => compiled.matches(node.metadata?.name ?? '', labelsOf(node))
}

export function nodeTermMatcher(term: NodeSelectorTerm): NodeMatcher {
  const compiled = compileNodeTerm(term)
  return (node) => compiled.matches(node.metadata?.name ?? '', labelsOf(node))
}
