/** A part of the addresses behind a service. */

import { ageColumn, nameColumn, text, UNSET } from '../columns.ts'
import { warnOfIp } from '../core/ip-warnings.ts'
import { objectReference } from '../core/reference.ts'
import { fill, mapField, mapList } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateImmutable } from '../meta/validation.ts'
import {
  atomic,
  boolean,
  filled,
  type Infer,
  int32,
  kept,
  list,
  string,
  stringMap,
  struct,
} from '../schema.ts'
import { validateEndpointSlice } from './endpoint-slice-validation.ts'

export const EndpointSlice = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  singular: 'endpointslice',
  namespaced: true,
  schema: () => endpointSlice,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: false,
  unconditionalUpdate: true,
  defaults: (object) =>
    mapField(object, 'ports', (ports) => mapList(ports, (port) => fill(port, { name: '', protocol: 'TCP' }))),
  warn({ addressType, endpoints }, warnings, old) {
    if (addressType === 'FQDN') {
      if (old === undefined)
        warnings.at('spec', () => warnings.add('addressType', 'FQDN endpoints are deprecated'))
      return
    }
    warnings.each('endpoints', endpoints, ({ addresses }) =>
      warnings.each('addresses', addresses, (address) => warnOfIp(undefined, address, warnings)),
    )
  },
  validate: validateEndpointSlice,
  validateUpdate(object, old, errors) {
    validateImmutable(object.addressType, old.addressType, 'addressType', errors)
  },
  columns: [
    nameColumn,
    text('AddressType', 'IPv4, IPv6 or FQDN.', ({ addressType }) => addressType ?? ''),
    text('Ports', 'Ports of every endpoint.', ({ ports }) =>
      upToThree((ports ?? []).map((it) => String(it.port ?? it.name ?? '*'))),
    ),
    text('Endpoints', 'Addresses.', ({ endpoints }) =>
      upToThree((endpoints ?? []).flatMap((it) => it.addresses ?? [])),
    ),
    ageColumn,
  ],
})

function upToThree(items: readonly string[]): string {
  if (items.length === 0) return UNSET
  const more = items.length - 3
  return more > 0 ? `${items.slice(0, 3).join(',')} + ${more} more...` : items.join(',')
}

export interface EndpointSlice extends Infer<typeof endpointSlice> {}
export const endpointSlice = struct(
  'discovery/v1.EndpointSlice',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    endpoints: list(endpoint),
    ports: list(endpointPort),
    addressType: string,
  }),
  'endpoints',
  'addressType',
)

export interface Endpoint extends Infer<typeof endpoint> {}
export const endpoint = struct(
  'discovery/v1.Endpoint',
  () => ({
    addresses: list(string, { set: true }),
    conditions: filled(endpointConditions),
    hostname: kept(string),
    targetRef: objectReference,
    deprecatedTopology: stringMap,
    nodeName: kept(string),
    zone: kept(string),
    hints: endpointHints,
  }),
  'addresses',
)

export interface EndpointConditions extends Infer<typeof endpointConditions> {}
export const endpointConditions = struct('discovery/v1.EndpointConditions', () => ({
  ready: kept(boolean),
  serving: kept(boolean),
  terminating: kept(boolean),
}))

export interface EndpointHints extends Infer<typeof endpointHints> {}
export const endpointHints = struct('discovery/v1.EndpointHints', () => ({
  forZones: list(forZone),
  forNodes: list(forNode),
}))

export interface ForZone extends Infer<typeof forZone> {}
export const forZone = struct(
  'discovery/v1.ForZone',
  () => ({
    name: string,
  }),
  'name',
)

export interface ForNode extends Infer<typeof forNode> {}
export const forNode = struct(
  'discovery/v1.ForNode',
  () => ({
    name: string,
  }),
  'name',
)

export interface EndpointPort extends Infer<typeof endpointPort> {}
export const endpointPort = atomic(
  struct('discovery/v1.EndpointPort', () => ({
    name: kept(string),
    protocol: kept(string),
    port: kept(int32),
    appProtocol: kept(string),
  })),
)
