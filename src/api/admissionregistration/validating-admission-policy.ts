/** Expressions that may refuse objects on their way in. */
import { ageColumn, integer, nameColumn, text, UNSET } from '../columns.ts'
import { fill, mapField, withFields } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { condition } from '../meta/condition.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateOneOf } from '../meta/validation.ts'
import { atomic, filled, type Infer, int64, kept, list, listMap, string, struct } from '../schema.ts'
import { matchCondition, matchResources } from './webhook.ts'
import { defaultMatch } from './webhook-defaults.ts'

export const ValidatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicy>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  resource: 'validatingadmissionpolicies',
  singular: 'validatingadmissionpolicy',
  categories: ['api-extensions'],
  namespaced: false,
  schema: () => validatingAdmissionPolicy,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  statusMetadata: [],
  unconditionalUpdate: false,
  defaults: (object) =>
    mapField(object, 'spec', (given) => {
      const spec = fill(given, { failurePolicy: 'Fail' })
      return mapField(spec, 'matchConstraints', defaultMatch)
    }),
  prepareForCreate: (object) => withFields(object, { status: NOT_CHECKED }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate(object, errors) {
    errors.at('spec', () => {
      const { matchConstraints, validations = [], auditAnnotations = [], failurePolicy } = object.spec
      validateOneOf(failurePolicy, 'failurePolicy', ['Fail', 'Ignore'], errors)
      if (matchConstraints === undefined) errors.required('matchConstraints')
      else if ((matchConstraints.resourceRules ?? []).length === 0) {
        errors.at('matchConstraints', () => errors.required('resourceRules'))
      }
      if (validations.length === 0 && auditAnnotations.length === 0) {
        errors.required('validations', 'validations or auditAnnotations must contain at least one item')
        errors.required('auditAnnotations', 'validations or auditAnnotations must contain at least one item')
      }
      errors.each('validations', validations, ({ expression }) => {
        if (!expression?.trim()) errors.required('expression', 'expression is not specified')
      })
    })
  },
  columns: [
    nameColumn,
    integer('Validations', 'How many expressions it has.', ({ spec }) => (spec.validations ?? []).length),
    text('ParamKind', 'The kind of its parameters.', ({ spec }) =>
      spec.paramKind === undefined ? UNSET : `${spec.paramKind.apiVersion}/${spec.paramKind.kind}`,
    ),
    ageColumn,
  ],
})

const NOT_CHECKED = Object.freeze({})

export interface ValidatingAdmissionPolicy extends Infer<typeof validatingAdmissionPolicy> {}
export const validatingAdmissionPolicy = struct(
  'admissionregistration/v1.ValidatingAdmissionPolicy',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(validatingAdmissionPolicySpec),
    status: filled(validatingAdmissionPolicyStatus),
  }),
  'spec',
)

export interface ValidatingAdmissionPolicySpec extends Infer<typeof validatingAdmissionPolicySpec> {}
export const validatingAdmissionPolicySpec = struct(
  'admissionregistration/v1.ValidatingAdmissionPolicySpec',
  () => ({
    auditAnnotations: list(auditAnnotation),
    failurePolicy: string,
    matchConditions: listMap(matchCondition, 'name'),
    matchConstraints: matchResources,
    paramKind: paramKind,
    validations: list(validation),
    variables: listMap(variable, 'name'),
  }),
)

export interface AuditAnnotation extends Infer<typeof auditAnnotation> {}
export const auditAnnotation = struct(
  'admissionregistration/v1.AuditAnnotation',
  () => ({
    key: string,
    valueExpression: string,
  }),
  'key',
  'valueExpression',
)

export interface ParamKind extends Infer<typeof paramKind> {}
export const paramKind = atomic(
  struct('admissionregistration/v1.ParamKind', () => ({
    apiVersion: string,
    kind: string,
  })),
)

export interface Validation extends Infer<typeof validation> {}
export const validation = struct(
  'admissionregistration/v1.Validation',
  () => ({
    expression: string,
    message: string,
    messageExpression: string,
    reason: string,
  }),
  'expression',
)

export interface Variable extends Infer<typeof variable> {}
export const variable = atomic(
  struct(
    'admissionregistration/v1.Variable',
    () => ({
      expression: string,
      name: string,
    }),
    'expression',
    'name',
  ),
)

export interface ValidatingAdmissionPolicyStatus extends Infer<typeof validatingAdmissionPolicyStatus> {}
export const validatingAdmissionPolicyStatus = struct(
  'admissionregistration/v1.ValidatingAdmissionPolicyStatus',
  () => ({
    conditions: list(condition, { keys: ['type'] }),
    observedGeneration: kept(int64),
    typeChecking: typeChecking,
  }),
)

export interface TypeChecking extends Infer<typeof typeChecking> {}
export const typeChecking = struct('admissionregistration/v1.TypeChecking', () => ({
  expressionWarnings: list(expressionWarning),
}))

export interface ExpressionWarning extends Infer<typeof expressionWarning> {}
export const expressionWarning = struct(
  'admissionregistration/v1.ExpressionWarning',
  () => ({
    fieldRef: string,
    warning: string,
  }),
  'fieldRef',
  'warning',
)
