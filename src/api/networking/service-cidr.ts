/** A range from which service addresses are allocated. */
import { defineKind } from '../kind.ts'
import { condition } from '../meta/condition.ts'
import { objectMeta } from '../meta/object-meta.ts'
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
})

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
