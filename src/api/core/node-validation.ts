/** What a node may say of itself. Upstream: pkg/apis/core/validation ValidateNode. */
import type { FieldErrors } from '../field-errors.ts'
import { checkLabelValue, checkQualifiedName } from '../names.ts'
import { compareQuantities } from '../quantity.ts'
import { isCidr } from './ip.ts'
import type { Node, Taint } from './node.ts'

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

export function validateNode(node: Node, errors: FieldErrors): void {
  errors.at('spec', () => {
    const { podCIDRs, taints } = node.spec
    errors.each('podCIDRs', podCIDRs, (range) => {
      if (!isCidr(range))
        errors.invalid(undefined, range, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')
    })
    validateTaints(taints, errors)
  })
  errors.at('status', () => {
    for (const field of ['capacity', 'allocatable'] as const) {
      for (const [name, amount] of Object.entries(node.status?.[field] ?? {})) {
        if (compareQuantities(amount, '0') < 0) {
          errors.at(field, () => errors.invalid({ key: name }, amount, 'must be greater than or equal to 0'))
        }
      }
    }
  })
}

function validateTaints(taints: readonly Taint[] | undefined, errors: FieldErrors): void {
  const seen = new Set<string>()
  errors.each('taints', taints, ({ key = '', value = '', effect = '' }) => {
    for (const problem of checkQualifiedName(key)) errors.invalid('key', key, problem)
    for (const problem of checkLabelValue(value)) errors.invalid('value', value, problem)
    if (effect === '') errors.required('effect')
    else if (!EFFECTS.includes(effect)) errors.notSupported('effect', effect, EFFECTS)
    const id = `${key}:${effect}`
    if (seen.has(id)) errors.duplicate(undefined, `${key}:${effect}`)
    seen.add(id)
  })
}
