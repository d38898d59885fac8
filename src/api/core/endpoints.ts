/** The addresses behind a service, in the older form; see EndpointSlice. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { atomic, filled, type Infer, int32, kept, list, string, struct } from '../schema.ts'
import { objectReference } from './reference.ts'

export const Endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  resource: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  schema: () => endpoints,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
  createOnUpdate: true,
  storagePrefix: 'services/endpoints',
})

export interface Endpoints extends Infer<typeof endpoints> {}
export const endpoints = struct('core/v1.Endpoints', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  subsets: list(endpointSubset),
}))

export interface EndpointSubset extends Infer<typeof endpointSubset> {}
export const endpointSubset = struct('core/v1.EndpointSubset', () => ({
  addresses: list(endpointAddress),
  notReadyAddresses: list(endpointAddress),
  ports: list(endpointPort),
}))

export interface EndpointAddress extends Infer<typeof endpointAddress> {}
export const endpointAddress = atomic(
  struct(
    'core/v1.EndpointAddress',
    () => ({
      ip: string,
      targetRef: objectReference,
      hostname: string,
      nodeName: kept(string),
    }),
    'ip',
  ),
)

export interface EndpointPort extends Infer<typeof endpointPort> {}
export const endpointPort = atomic(
  struct(
    'core/v1.EndpointPort',
    () => ({
      name: string,
      port: int32,
      protocol: string,
      appProtocol: kept(string),
    }),
    'port',
  ),
)
