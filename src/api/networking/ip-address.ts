/** One allocated service address and the object it belongs to. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, string, struct } from '../schema.ts'

export const IPAddress = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  resource: 'ipaddresses',
  singular: 'ipaddress',
  shortNames: ['ip'],
  namespaced: false,
  schema: () => ipAddress,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
})

export interface IPAddress extends Infer<typeof ipAddress> {}
export const ipAddress = struct(
  'networking/v1.IPAddress',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(ipAddressSpec),
  }),
  'spec',
)

export interface IPAddressSpec extends Infer<typeof ipAddressSpec> {}
export const ipAddressSpec = struct(
  'networking/v1.IPAddressSpec',
  () => ({
    parentRef: parentReference,
  }),
  'parentRef',
)

export interface ParentReference extends Infer<typeof parentReference> {}
export const parentReference = struct(
  'networking/v1.ParentReference',
  () => ({
    group: string,
    resource: string,
    namespace: string,
    name: string,
  }),
  'resource',
  'name',
)
