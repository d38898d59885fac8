/** Rules that lead HTTP traffic from outside to services. */

import { ageColumn, nameColumn, orNone, text } from '../columns.ts'
import { typedLocalObjectReference } from '../core/reference.ts'
import { withFields } from '../fill.ts'
import { deepFreeze } from '../freeze.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { atomic, filled, type Infer, int32, kept, list, string, struct } from '../schema.ts'
import { validateIngress } from './ingress-validation.ts'

export const Ingress = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  resource: 'ingresses',
  singular: 'ingress',
  shortNames: ['ing'],
  namespaced: true,
  schema: () => ingress,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  unconditionalUpdate: true,
  storagePrefix: 'ingress',
  prepareForCreate: (object) => withFields(object, { status: NO_BALANCER }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate: validateIngress,
  columns: [
    nameColumn,
    text('Class', 'Who serves it.', ({ metadata, spec }) =>
      orNone(spec.ingressClassName ?? metadata?.annotations?.['kubernetes.io/ingress.class']),
    ),
    text('Hosts', 'The hosts it answers for.', ({ spec }) => hostsText(spec.rules ?? [])),
    text('Address', 'Where it can be reached.', ({ status }) =>
      (status?.loadBalancer?.ingress ?? [])
        .map((it) => it.ip || it.hostname || '')
        .filter((it) => it)
        .join(','),
    ),
    text('Ports', 'Ports that are open.', ({ spec }) => ((spec.tls ?? []).length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
})

const NO_BALANCER: IngressStatus = deepFreeze({ loadBalancer: {} })

/** Up to three hosts, and how many more there are. */
function hostsText(rules: readonly IngressRule[]): string {
  const hosts = rules.map((rule) => rule.host || '*')
  if (hosts.length === 0) return '*'
  const more = hosts.length - 3
  return more > 0 ? `${hosts.slice(0, 3).join(',')} + ${more} more...` : hosts.join(',')
}

export interface Ingress extends Infer<typeof ingress> {}
export const ingress = struct(
  'networking/v1.Ingress',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(ingressSpec),
    status: filled(ingressStatus),
  }),
  'spec',
)

export interface IngressSpec extends Infer<typeof ingressSpec> {}
export const ingressSpec = struct('networking/v1.IngressSpec', () => ({
  defaultBackend: ingressBackend,
  tls: list(ingressTLS),
  rules: list(ingressRule),
  ingressClassName: kept(string),
}))

export interface IngressBackend extends Infer<typeof ingressBackend> {}
export const ingressBackend = struct('networking/v1.IngressBackend', () => ({
  resource: typedLocalObjectReference,
  service: ingressServiceBackend,
}))

export interface IngressServiceBackend extends Infer<typeof ingressServiceBackend> {}
export const ingressServiceBackend = struct(
  'networking/v1.IngressServiceBackend',
  () => ({
    name: string,
    port: filled(serviceBackendPort),
  }),
  'name',
)

export interface ServiceBackendPort extends Infer<typeof serviceBackendPort> {}
export const serviceBackendPort = atomic(
  struct('networking/v1.ServiceBackendPort', () => ({
    name: string,
    number: int32,
  })),
)

export interface IngressTLS extends Infer<typeof ingressTLS> {}
export const ingressTLS = struct('networking/v1.IngressTLS', () => ({
  hosts: list(string),
  secretName: string,
}))

export interface IngressRule extends Infer<typeof ingressRule> {}
export const ingressRule = struct('networking/v1.IngressRule', () => ({
  host: string,
  http: httpIngressRuleValue,
}))

export interface HTTPIngressRuleValue extends Infer<typeof httpIngressRuleValue> {}
export const httpIngressRuleValue = struct(
  'networking/v1.HTTPIngressRuleValue',
  () => ({
    paths: list(httpIngressPath),
  }),
  'paths',
)

export interface HTTPIngressPath extends Infer<typeof httpIngressPath> {}
export const httpIngressPath = struct(
  'networking/v1.HTTPIngressPath',
  () => ({
    path: string,
    backend: filled(ingressBackend),
    pathType: string,
  }),
  'backend',
  'pathType',
)

export interface IngressStatus extends Infer<typeof ingressStatus> {}
export const ingressStatus = struct('networking/v1.IngressStatus', () => ({
  loadBalancer: filled(ingressLoadBalancerStatus),
}))

export interface IngressLoadBalancerStatus extends Infer<typeof ingressLoadBalancerStatus> {}
export const ingressLoadBalancerStatus = struct('networking/v1.IngressLoadBalancerStatus', () => ({
  ingress: list(ingressLoadBalancerIngress),
}))

export interface IngressLoadBalancerIngress extends Infer<typeof ingressLoadBalancerIngress> {}
export const ingressLoadBalancerIngress = struct('networking/v1.IngressLoadBalancerIngress', () => ({
  ip: string,
  hostname: string,
  ports: list(ingressPortStatus),
}))

export interface IngressPortStatus extends Infer<typeof ingressPortStatus> {}
export const ingressPortStatus = struct(
  'networking/v1.IngressPortStatus',
  () => ({
    port: int32,
    protocol: string,
    error: kept(string),
  }),
  'port',
  'protocol',
)
