/** What a quota may say. Upstream: pkg/apis/core/validation ValidateResourceQuota. */

import type { FieldErrors } from '../field-errors.ts'
import { GoValue, goList, goQuantity } from '../go-syntax.ts'
import { checkQualifiedName } from '../names.ts'
import { compareQuantities, milliValue, quantityValue } from '../quantity.ts'
import type { ResourceQuota } from './resource-quota.ts'

/** Scopes, and those that make no sense together. */
const SCOPES = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
]
const OPPOSED = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
]
/** What is counted rather than measured. */
const COUNTED =
  /^(pods|services|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims|services\.nodeports|services\.loadbalancers|count\/.+)$/

/** What scopes can be said of; anything else that has a meaning in a quota is of the whole namespace. */
const OF_PODS = /^(pods|(requests\.|limits\.)?(cpu|memory))$/
const STANDARD =
  /^((requests\.|limits\.)?(cpu|memory|ephemeral-storage)|requests\.storage|pods|services|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims|services\.nodeports|services\.loadbalancers)$/

function appliesTo(scope: string, resource: string): boolean {
  return scope === 'BestEffort' ? resource === 'pods' : OF_PODS.test(resource)
}

export function validateResourceQuota(quota: ResourceQuota, errors: FieldErrors): void {
  const { hard = {}, scopes = [], scopeSelector } = quota.spec
  errors.at('spec', () => {
    errors.at('hard', () => {
      for (const [name, amount] of Object.entries(hard)) {
        for (const problem of checkQualifiedName(name)) errors.invalid({ key: name }, name, problem)
        if (compareQuantities(amount, '0') < 0) {
          errors.invalid({ key: name }, amount, 'must be greater than or equal to 0')
        }
        if (COUNTED.test(name) && milliValue(amount) !== quantityValue(amount) * 1000) {
          errors.invalid({ key: name }, goQuantity(amount), 'must be an integer')
        }
      }
    })
    for (const scope of scopes) {
      if (!SCOPES.includes(scope)) errors.invalid('scopes', goScopes(scopes), 'unsupported scope')
      for (const name of Object.keys(hard).sort()) {
        if (STANDARD.test(name) && !appliesTo(scope, name))
          errors.invalid('scopes', goScopes(scopes), 'unsupported scope applied to resource')
      }
    }
    for (const pair of OPPOSED) {
      if (pair.every((scope) => scopes.includes(scope)))
        errors.invalid('scopes', goScopes(scopes), 'conflicting scopes')
    }
    errors.at('scopeSelector', () =>
      errors.each(
        'matchExpressions',
        scopeSelector?.matchExpressions,
        ({ scopeName, operator, values = [] }) => {
          if (!SCOPES.includes(scopeName)) errors.invalid('scopeName', scopeName ?? '', 'unsupported scope')
          if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
            errors.required(
              'values',
              "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
            )
          } else if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
            errors.invalid(
              'values',
              values,
              "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector",
            )
          } else if (!['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator)) {
            errors.invalid('operator', operator ?? '', 'not a valid selector operator')
          }
        },
      ),
    )
  })
}

function goScopes(scopes: readonly string[]): GoValue {
  return new GoValue(goList(scopes, 'core.ResourceQuotaScope'))
}
