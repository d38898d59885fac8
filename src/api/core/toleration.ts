/** Which taints a pod tolerates. Upstream: component-helpers/scheduling/corev1/helpers.go. */
import type { Taint } from './node.ts'
import type { Toleration } from './pod-spec.ts'

/** An empty effect matches all effects, an empty key with Exists all keys and values. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key = '', operator = '', value = '', effect = '' } = toleration
  if (effect !== '' && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  if (operator === 'Exists') return true
  return (operator === '' || operator === 'Equal') && value === (taint.value ?? '')
}

/** The first toleration that covers the taint. */
export function findToleration(
  tolerations: readonly Toleration[] | undefined,
  taint: Taint,
): Toleration | undefined {
  return tolerations?.find((it) => tolerates(it, taint))
}

/** The first taint that passes `matters` and that nothing tolerates. */
export function findUntolerated(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  matters: (taint: Taint) => boolean,
): Taint | undefined {
  return taints?.find((taint) => matters(taint) && findToleration(tolerations, taint) === undefined)
}

/** One taint replaces another when key and effect are the same. */
export function sameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect
}
