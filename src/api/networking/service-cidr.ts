/** A range from which service addresses are allocated. */
import { ageColumn, nameColumn, text } from '../columns.ts'
import { isCidr } from '../core/ip.ts'
import { withFields } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { condition } from '../meta/condition.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateImmutable } from '../meta/validation.ts'
import { filled, type Infer, list, listMap, string, struct } from '../schema.ts'

export const ServiceCIDR = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  resource: 'servicecidrs',
  singular: 'servicecidr',
  namespaced: false,
  schema: () => serviceCIDR,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: true,
  unconditionalUpdate: true,
  prepareForCreate: (object) => withFields(object, { status: NOT_READY }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate(object, errors) {
    errors.at('spec', () => {
      const cidrs = object.spec?.cidrs ?? []
      if (cidrs.length === 0) errors.required('cidrs', 'at least one CIDR required')
      if (cidrs.length > 2) errors.invalid('cidrs', cidrs, 'may only hold up to 2 values')
      errors.each('cidrs', cidrs, (range) => {
        if (!isCidr(range))
          errors.invalid(undefined, range, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')
      })
    })
  },
  validateUpdate(object, old, errors) {
    errors.at('spec', () => validateImmutable(object.spec?.cidrs, old.spec?.cidrs, 'cidrs', errors))
  },
  columns: [nameColumn, text('CIDRs', 'The ranges.', ({ spec }) => (spec?.cidrs ?? []).join(',')), ageColumn],
})

const NOT_READY = Object.freeze({})

export interface ServiceCIDR extends Infer<typeof serviceCIDR> {}
export const serviceCIDR = struct(
  'networking/v1.ServiceCIDR',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(serviceCIDRSpec),
    status: filled(serviceCIDRStatus),
  }),
  'spec',
)

export interface ServiceCIDRSpec extends Infer<typeof serviceCIDRSpec> {}
export const serviceCIDRSpec = struct('networking/v1.ServiceCIDRSpec', () => ({
  cidrs: list(string),
}))

export interface ServiceCIDRStatus extends Infer<typeof serviceCIDRStatus> {}
export const serviceCIDRStatus = struct('networking/v1.ServiceCIDRStatus', () => ({
  conditions: listMap(condition, 'type'),
}))
