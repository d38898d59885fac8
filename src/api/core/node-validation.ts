/** What a node may say of itself. Upstream: pkg/apis/core/validation ValidateNode. */

import type { FieldErrors } from '../field-errors.ts'
import { GoValue, goQuote } from '../go-syntax.ts'
import { checkLabelValue, checkQualifiedName } from '../names.ts'
import { compareQuantities } from '../quantity.ts'
import { isLooseCidr } from './ip.ts'
import type { Node, Taint } from './node.ts'

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

export function validateNode(node: Node, errors: FieldErrors): void {
  errors.at('spec', () => {
    const { podCIDRs = [] } = node.spec
    errors.each('podCIDRs', podCIDRs, (range) => {
      if (!isLooseCidr(range))
        errors.invalid(undefined, range, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')
    })
    const sixes = podCIDRs.filter((it) => it.includes(':')).length
    if (podCIDRs.length > 1 && (podCIDRs.length > 2 || sixes !== 1)) {
      errors.invalid('podCIDRs', podCIDRs, 'may specify no more than one CIDR for each IP family')
    }
  })
  // Upstream's path says metadata.
  errors.at('metadata', () => validateTaints(node.spec?.taints, errors))
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
    if (seen.has(id)) {
      const taint = `core.Taint{Key:${goQuote(key)}, Value:${goQuote(value)}, Effect:${goQuote(effect)}, TimeAdded:<nil>}`
      errors.duplicate(undefined, new GoValue(`${taint}: taints must be unique by key and effect pair`))
    }
    seen.add(id)
  })
}
