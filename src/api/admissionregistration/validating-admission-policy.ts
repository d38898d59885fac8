/** Expressions that may refuse objects on their way in. */
import { defineKind } from '../kind.ts'
import { condition } from '../meta/condition.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { atomic, type Infer, int64, kept, list, listMap, string, struct } from '../schema.ts'
import { matchCondition, matchResources } from './webhook.ts'

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
  unconditionalUpdate: false,
})

export interface ValidatingAdmissionPolicy extends Infer<typeof validatingAdmissionPolicy> {}
export const validatingAdmissionPolicy = struct(
  'admissionregistration/v1.ValidatingAdmissionPolicy',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: objectMeta,
    spec: validatingAdmissionPolicySpec,
    status: validatingAdmissionPolicyStatus,
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
