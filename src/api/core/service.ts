/** A service: one stable address in front of a changing set of pods. */

import { mapField, withFields } from '../fill.ts'
import { deepFreeze } from '../freeze.ts'
import { defineKind } from '../kind.ts'
import { condition } from '../meta/condition.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  atomic,
  boolean,
  filled,
  type Infer,
  int32,
  intOrString,
  kept,
  list,
  listMap,
  string,
  stringMap,
  struct,
} from '../schema.ts'
import { warnOfCidr, warnOfIp } from './ip-warnings.ts'
import { serviceColumns } from './service-columns.ts'
import { defaultServiceSpec, keepAllocated, withClusterIps } from './service-defaults.ts'
import { validateService, validateServiceUpdate } from './service-validation.ts'

export const Service = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  resource: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  schema: () => service,
  nameRule: 'dns1035Label',
  generation: false,
  status: true,
  subresources: ['proxy'],
  unconditionalUpdate: true,
  createOnUpdate: true,
  storagePrefix: 'services/specs',
  defaults: (object) => mapField(object, 'spec', defaultServiceSpec),
  prepareForCreate: (object) =>
    withFields(object, { spec: withClusterIps(object.spec, {}), status: NO_BALANCER }),
  prepareForUpdate: (object, old) =>
    withFields(object, {
      spec: withClusterIps(keepAllocated(object.spec, old.spec), old.spec),
      status: old.status,
    }),
  validate: validateService,
  warn({ spec = {} }, warnings) {
    const isName = spec.type === 'ExternalName'
    if (isName && (spec.externalIPs ?? []).length > 0)
      warnings.note('spec.externalIPs is ignored when spec.type is "ExternalName"')
    if (!isName && spec.externalName)
      warnings.note('spec.externalName is ignored when spec.type is not "ExternalName"')
    warnings.at('spec', () => {
      warnings.each('externalIPs', spec.externalIPs, (address) => warnOfIp(undefined, address, warnings))
      warnOfIp('loadBalancerIP', spec.loadBalancerIP, warnings)
      warnings.each('loadBalancerSourceRanges', spec.loadBalancerSourceRanges, (range) =>
        warnOfCidr(undefined, range, warnings),
      )
    })
  },
  validateUpdate: validateServiceUpdate,
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '',
    'spec.type': ({ spec }) => spec.type ?? '',
  },
  columns: serviceColumns,
})

const NO_BALANCER: ServiceStatus = deepFreeze({ loadBalancer: {} })

export interface Service extends Infer<typeof service> {}
export const service = struct(
  'core/v1.Service',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(serviceSpec),
    status: filled(serviceStatus),
  }),
  'spec',
)

export interface ServiceSpec extends Infer<typeof serviceSpec> {}
export const serviceSpec = struct('core/v1.ServiceSpec', () => ({
  ports: listMap(servicePort, 'port', 'protocol'),
  selector: atomic(stringMap),
  clusterIP: string,
  type: string,
  externalIPs: list(string),
  sessionAffinity: string,
  loadBalancerIP: string,
  loadBalancerSourceRanges: list(string),
  externalName: string,
  externalTrafficPolicy: string,
  healthCheckNodePort: int32,
  publishNotReadyAddresses: boolean,
  sessionAffinityConfig: sessionAffinityConfig,
  ipFamilyPolicy: kept(string),
  clusterIPs: list(string),
  ipFamilies: list(string),
  allocateLoadBalancerNodePorts: kept(boolean),
  loadBalancerClass: kept(string),
  internalTrafficPolicy: kept(string),
  trafficDistribution: kept(string),
}))

export interface ServicePort extends Infer<typeof servicePort> {}
export const servicePort = struct(
  'core/v1.ServicePort',
  () => ({
    name: string,
    protocol: string,
    port: int32,
    targetPort: intOrString,
    nodePort: int32,
    appProtocol: kept(string),
  }),
  'port',
)

export interface SessionAffinityConfig extends Infer<typeof sessionAffinityConfig> {}
export const sessionAffinityConfig = struct('core/v1.SessionAffinityConfig', () => ({
  clientIP: clientIPConfig,
}))

export interface ClientIPConfig extends Infer<typeof clientIPConfig> {}
export const clientIPConfig = struct('core/v1.ClientIPConfig', () => ({
  timeoutSeconds: kept(int32),
}))

export interface ServiceStatus extends Infer<typeof serviceStatus> {}
export const serviceStatus = struct('core/v1.ServiceStatus', () => ({
  loadBalancer: filled(loadBalancerStatus),
  conditions: listMap(condition, 'type'),
}))

export interface LoadBalancerStatus extends Infer<typeof loadBalancerStatus> {}
export const loadBalancerStatus = struct('core/v1.LoadBalancerStatus', () => ({
  ingress: list(loadBalancerIngress),
}))

export interface LoadBalancerIngress extends Infer<typeof loadBalancerIngress> {}
export const loadBalancerIngress = struct('core/v1.LoadBalancerIngress', () => ({
  ip: string,
  hostname: string,
  ipMode: kept(string),
  ports: list(portStatus),
}))

export interface PortStatus extends Infer<typeof portStatus> {}
export const portStatus = struct(
  'core/v1.PortStatus',
  () => ({
    port: int32,
    protocol: string,
    error: kept(string),
  }),
  'port',
  'protocol',
)
