/** Where a validating admission policy applies, and with which parameters. */
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { atomic, type Infer, list, string, struct } from '../schema.ts'
import { matchResources } from './webhook.ts'

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
})

export interface ValidatingAdmissionPolicyBinding extends Infer<typeof validatingAdmissionPolicyBinding> {}
export const validatingAdmissionPolicyBinding = struct(
  'admissionregistration/v1.ValidatingAdmissionPolicyBinding',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: objectMeta,
    spec: validatingAdmissionPolicyBindingSpec,
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
