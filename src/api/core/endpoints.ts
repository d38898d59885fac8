/** The addresses behind a service, in the older form; see EndpointSlice. */
import { ageColumn, NONE, nameColumn, text } from '../columns.ts'
import { fill, mapField, mapList } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateOneOf, validatePort } from '../meta/validation.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from '../names.ts'
import { atomic, filled, type Infer, int32, kept, list, string, struct } from '../schema.ts'
import { isLooseIp, validateEndpointIp } from './ip.ts'
import { NO_IP } from './pod-spec-validation.ts'
import { objectReference } from './reference.ts'

export const Endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  resource: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  deprecated: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  schema: () => endpoints,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
  createOnUpdate: true,
  storagePrefix: 'services/endpoints',
  defaults: (object) =>
    mapField(object, 'subsets', (subsets) =>
      mapList(subsets, (subset) =>
        mapField(subset, 'ports', (ports) => mapList(ports, (port) => fill(port, { protocol: 'TCP' }))),
      ),
    ),
  validate(object, errors) {
    errors.each('subsets', object.subsets, ({ addresses = [], notReadyAddresses = [], ports = [] }) => {
      if (addresses.length === 0 && notReadyAddresses.length === 0) {
        errors.required(undefined, 'must specify `addresses` or `notReadyAddresses`')
      }
      for (const [field, list] of [
        ['addresses', addresses],
        ['notReadyAddresses', notReadyAddresses],
      ] as const) {
        errors.each(field, list, ({ ip = '', nodeName }) => {
          if (isLooseIp(ip)) errors.at('ip', () => validateEndpointIp(ip, errors))
          else errors.invalid('ip', ip, NO_IP)
          if (nodeName === undefined) return
          for (const problem of checkDns1123Subdomain(nodeName)) errors.invalid('nodeName', nodeName, problem)
        })
      }
      errors.each('ports', ports, ({ name, port, protocol, appProtocol }) => {
        if (ports.length > 1 && !name) errors.required('name')
        else if (name) for (const problem of checkDns1123Label(name)) errors.invalid('name', name, problem)
        validatePort(port, 'port', errors)
        validateOneOf(protocol, 'protocol', ['SCTP', 'TCP', 'UDP'], errors)
        if (appProtocol === undefined) return
        for (const problem of checkQualifiedName(appProtocol))
          errors.invalid('appProtocol', appProtocol, problem)
      })
    })
  },
  columns: [
    nameColumn,
    text('Endpoints', 'Ready addresses with their ports.', ({ subsets = [] }) => endpointsText(subsets)),
    ageColumn,
  ],
})

/** Up to three addresses, and how many more there are. */
function endpointsText(subsets: readonly EndpointSubset[]): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) => {
    const ips = addresses.map((it) => it.ip ?? '')
    if (ports.length === 0) return ips
    return ports.flatMap(({ port }) =>
      ips.map((ip) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
    )
  })
  if (all.length === 0) return NONE
  const more = all.length - 3
  return more > 0 ? `${all.slice(0, 3).join(',')} + ${more} more...` : all.join(',')
}

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
