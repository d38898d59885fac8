/** Labels of nodes that have newer names. Upstream: pkg/api/node/util.go. */
import type { FieldWarnings } from '../field-errors.ts'
import { checkLabelValue } from '../names.ts'
import type { NodeSelectorTerm } from './affinity.ts'

const DEPRECATED: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region':
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone':
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type':
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods':
    'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
}

export function whyDeprecatedLabel(key: string | undefined): string | undefined {
  return key !== undefined && Object.hasOwn(DEPRECATED, key) ? DEPRECATED[key] : undefined
}

export function warnOfNodeTerm(term: NodeSelectorTerm, withValues: boolean, warnings: FieldWarnings): void {
  warnings.each('matchExpressions', term.matchExpressions, ({ key, values }) => {
    const text = whyDeprecatedLabel(key)
    if (text !== undefined) warnings.add('key', `${key} is ${text}`)
    if (!withValues) return
    warnings.each('values', values, (value) => {
      for (const problem of checkLabelValue(value)) warnings.add(undefined, `${value} is invalid, ${problem}`)
    })
  })
}
