/** Where a validating admission policy applies, and with which parameters. */
import { ageColumn, nameColumn, text, UNSET } from '../columns.ts'
import { mapField } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { atomic, filled, type Infer, list, string, struct } from '../schema.ts'
import { matchResources } from './webhook.ts'
import { defaultMatch } from './webhook-defaults.ts'

export const ValidatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  resource: 'validatingadmissionpolicybindings',
  singular: 'validatingadmissionpolicybinding',
  categories: ['api-extensions'],
  namespaced: false,
  schema: () => validatingAdmissionPolicyBinding,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: false,
  unconditionalUpdate: false,
  defaults: (object) => mapField(object, 'spec', (spec) => mapField(spec, 'matchResources', defaultMatch)),
  validate(object, errors) {
    errors.at('spec', () => {
      const { policyName, validationActions } = object.spec
      if (!policyName) errors.required('policyName')
      if ((validationActions ?? []).length === 0) errors.required('validationActions')
      errors.each('validationActions', validationActions, (action) => {
        if (!['Audit', 'Deny', 'Warn'].includes(action))
          errors.notSupported(undefined, action, ['Audit', 'Deny', 'Warn'])
      })
    })
  },
  columns: [
    nameColumn,
    text('PolicyName', 'The policy it puts to work.', ({ spec }) => spec.policyName ?? ''),
    text('ParamRef', 'The parameters it gives it.', ({ spec }) => {
      const it = spec.paramRef
      if (it === undefined) return UNSET
      return it.namespace ? `${it.namespace}/${it.name ?? '*'}` : (it.name ?? '*')
    }),
    ageColumn,
  ],
})

export interface ValidatingAdmissionPolicyBinding extends Infer<typeof validatingAdmissionPolicyBinding> {}
export const validatingAdmissionPolicyBinding = struct(
  'admissionregistration/v1.ValidatingAdmissionPolicyBinding',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(validatingAdmissionPolicyBindingSpec),
  }),
  'spec',
)

export interface ValidatingAdmissionPolicyBindingSpec
  extends Infer<typeof validatingAdmissionPolicyBindingSpec> {}
export const validatingAdmissionPolicyBindingSpec = struct(
  'admissionregistration/v1.ValidatingAdmissionPolicyBindingSpec',
  () => ({
    matchResources: matchResources,
    paramRef: paramRef,
    policyName: string,
    validationActions: list(string, { set: true }),
  }),
)

export interface ParamRef extends Infer<typeof paramRef> {}
export const paramRef = atomic(
  struct('admissionregistration/v1.ParamRef', () => ({
    name: string,
    namespace: string,
    parameterNotFoundAction: string,
    selector: labelSelector,
  })),
)
