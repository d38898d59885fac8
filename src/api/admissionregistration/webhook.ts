/** What webhooks and policies match, and where webhooks are. */
import { labelSelector } from '../meta/label-selector.ts'
import { atomic, bytes, type Infer, int32, kept, list, string, struct } from '../schema.ts'

export interface WebhookClientConfig extends Infer<typeof webhookClientConfig> {}
export const webhookClientConfig = struct('admissionregistration/v1.WebhookClientConfig', () => ({
  caBundle: bytes,
  service: serviceReference,
  url: string,
}))

export interface ServiceReference extends Infer<typeof serviceReference> {}
export const serviceReference = struct(
  'admissionregistration/v1.ServiceReference',
  () => ({
    name: string,
    namespace: string,
    path: string,
    port: kept(int32),
  }),
  'name',
  'namespace',
)

export interface MatchCondition extends Infer<typeof matchCondition> {}
export const matchCondition = struct(
  'admissionregistration/v1.MatchCondition',
  () => ({
    expression: string,
    name: string,
  }),
  'expression',
  'name',
)

export interface RuleWithOperations extends Infer<typeof ruleWithOperations> {}
export const ruleWithOperations = struct('admissionregistration/v1.RuleWithOperations', () => ({
  apiGroups: list(string),
  apiVersions: list(string),
  operations: list(string),
  resources: list(string),
  scope: string,
}))

export interface MatchResources extends Infer<typeof matchResources> {}
export const matchResources = atomic(
  struct('admissionregistration/v1.MatchResources', () => ({
    excludeResourceRules: list(namedRuleWithOperations),
    matchPolicy: string,
    namespaceSelector: labelSelector,
    objectSelector: labelSelector,
    resourceRules: list(namedRuleWithOperations),
  })),
)

export interface NamedRuleWithOperations extends Infer<typeof namedRuleWithOperations> {}
export const namedRuleWithOperations = atomic(
  struct('admissionregistration/v1.NamedRuleWithOperations', () => ({
    apiGroups: list(string),
    apiVersions: list(string),
    operations: list(string),
    resourceNames: list(string),
    resources: list(string),
    scope: string,
  })),
)
