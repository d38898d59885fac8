/** Which taints a pod puts up with (component-helpers/scheduling/corev1). */
import type { Taint } from '../../api/core/node.ts'
import type { Toleration } from '../../api/core/pod-spec.ts'

/** Only the known effects; an empty key or effect of a toleration means all. */
export function toleratesTaint(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  switch (toleration.operator ?? 'Equal') {
    case '':
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '')
    case 'Exists':
      return true
    default:
      return false
  }
}

export function isTolerated(taint: Taint, tolerations: readonly Toleration[] | undefined): boolean {
  return tolerations?.some((it) => toleratesTaint(it, taint)) === true
}

/** The same taint as far as a node is concerned: key and effect. */
export function sameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect
}
