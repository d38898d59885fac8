/** Names the controller that serves a class of ingresses. */
import { ageColumn, NONE, nameColumn, text } from '../columns.ts'
import { fill, mapField } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateImmutable, validateOneOf } from '../meta/validation.ts'
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
  defaults: (object) =>
    mapField(object, 'spec', (spec) => mapField(spec, 'parameters', (it) => fill(it, { scope: 'Cluster' }))),
  validate(object, errors) {
    const { controller, parameters } = object.spec
    errors.at('spec', () => {
      if (!controller) errors.required('controller')
      else if (controller.length > 250)
        errors.invalid('controller', controller, 'must be no more than 250 characters')
      if (parameters === undefined) return
      errors.at('parameters', () => {
        if (!parameters.kind) errors.required('kind')
        if (!parameters.name) errors.required('name')
        validateOneOf(parameters.scope, 'scope', ['Cluster', 'Namespace'], errors)
        if (parameters.scope === 'Namespace' && !parameters.namespace) {
          errors.required('namespace', "`parameters.scope` is set to 'Namespace'")
        }
        if (parameters.scope === 'Cluster' && parameters.namespace) {
          errors.forbidden('namespace', "`parameters.scope` is set to 'Cluster'")
        }
      })
    })
  },
  validateUpdate(object, old, errors) {
    errors.at('spec', () =>
      validateImmutable(object.spec.controller, old.spec.controller, 'controller', errors),
    )
  },
  columns: [
    nameColumn,
    text('Controller', 'The controller that serves it.', ({ spec }) => spec?.controller ?? ''),
    text('Parameters', 'The object with its settings.', ({ spec }) => {
      const it = spec?.parameters
      if (it === undefined) return NONE
      return `${(it.kind ?? '').toLowerCase()}${it.apiGroup ? `.${it.apiGroup}` : ''}/${it.name}`
    }),
    ageColumn,
  ],
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
