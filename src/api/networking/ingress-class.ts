/** Names the controller that serves a class of ingresses. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, kept, string, struct } from '../schema.ts'

export const IngressClass = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  resource: 'ingressclasses',
  singular: 'ingressclass',
  namespaced: false,
  schema: () => ingressClass,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: false,
  unconditionalUpdate: true,
})

export interface IngressClass extends Infer<typeof ingressClass> {}
export const ingressClass = struct(
  'networking/v1.IngressClass',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(ingressClassSpec),
  }),
  'spec',
)

export interface IngressClassSpec extends Infer<typeof ingressClassSpec> {}
export const ingressClassSpec = struct('networking/v1.IngressClassSpec', () => ({
  controller: string,
  parameters: ingressClassParametersReference,
}))

export interface IngressClassParametersReference extends Infer<typeof ingressClassParametersReference> {}
export const ingressClassParametersReference = struct(
  'networking/v1.IngressClassParametersReference',
  () => ({
    kind: string,
    apiGroup: kept(string),
    name: string,
    scope: kept(string),
    namespace: kept(string),
  }),
  'kind',
  'name',
)
