/** What webhooks may say. Upstream: pkg/apis/admissionregistration/validation. */
import type { FieldErrors } from '../field-errors.ts'
import type { LabelSelector } from '../meta/label-selector.ts'
import { validateLabelSelector, validateOneOf } from '../meta/validation.ts'
import { checkQualifiedName } from '../names.ts'
import type { MatchCondition, RuleWithOperations, WebhookClientConfig } from './webhook.ts'

interface Webhook {
  readonly name: string
  readonly clientConfig: WebhookClientConfig
  readonly rules?: readonly RuleWithOperations[]
  readonly failurePolicy?: string
  readonly matchPolicy?: string
  readonly sideEffects: string
  readonly timeoutSeconds?: number
  readonly reinvocationPolicy?: string
  readonly admissionReviewVersions: readonly string[]
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  readonly matchConditions?: readonly MatchCondition[]
}

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const SCOPES = ['*', 'Cluster', 'Namespaced']

export function validateWebhooks(webhooks: readonly Webhook[] | undefined, errors: FieldErrors): void {
  const names = new Set<string>()
  errors.each('webhooks', webhooks, (webhook) => {
    const { name = '', admissionReviewVersions = [], timeoutSeconds } = webhook
    for (const problem of checkQualifiedName(name)) errors.invalid('name', name, problem)
    if (name.split('.').length < 3) {
      errors.invalid('name', name, 'should be a domain with at least three segments separated by dots')
    }
    if (names.has(name)) errors.duplicate('name', name)
    names.add(name)
    errors.each('rules', webhook.rules, (rule) => validateRule(rule, errors))
    validateOneOf(webhook.failurePolicy, 'failurePolicy', ['Fail', 'Ignore'], errors)
    validateOneOf(webhook.matchPolicy, 'matchPolicy', ['Equivalent', 'Exact'], errors)
    validateOneOf(webhook.sideEffects, 'sideEffects', ['None', 'NoneOnDryRun'], errors)
    if (timeoutSeconds !== undefined && (timeoutSeconds < 1 || timeoutSeconds > 30)) {
      errors.invalid('timeoutSeconds', timeoutSeconds, 'the timeout value must be between 1 and 30 seconds')
    }
    if (webhook.reinvocationPolicy !== undefined) {
      validateOneOf(webhook.reinvocationPolicy, 'reinvocationPolicy', ['IfNeeded', 'Never'], errors)
    }
    if (admissionReviewVersions.length === 0) {
      errors.required('admissionReviewVersions', 'must specify one of v1, v1beta1')
    } else if (!admissionReviewVersions.some((it) => it === 'v1' || it === 'v1beta1')) {
      errors.invalid(
        'admissionReviewVersions',
        admissionReviewVersions,
        'must include at least one of v1, v1beta1',
      )
    }
    validateLabelSelector(webhook.namespaceSelector, 'namespaceSelector', errors)
    validateLabelSelector(webhook.objectSelector, 'objectSelector', errors)
    errors.each('matchConditions', webhook.matchConditions, ({ name: condition, expression }) => {
      if (!condition) errors.required('name')
      if (!expression?.trim()) errors.required('expression')
    })
    errors.at('clientConfig', () => validateClientConfig(webhook.clientConfig ?? {}, errors))
  })
}

function validateRule(
  { operations = [], apiGroups = [], apiVersions = [], resources = [], scope }: RuleWithOperations,
  errors: FieldErrors,
): void {
  if (operations.length === 0) errors.required('operations')
  if (operations.length > 1 && operations.includes('*')) {
    errors.invalid('operations', operations, "if '*' is present, must not specify other operations")
  }
  errors.each('operations', operations, (operation) => {
    if (!OPERATIONS.includes(operation)) errors.notSupported(undefined, operation, OPERATIONS)
  })
  if (apiGroups.length === 0) errors.required('apiGroups')
  if (apiVersions.length === 0) errors.required('apiVersions')
  if (resources.length === 0) errors.required('resources')
  if (scope !== undefined && !SCOPES.includes(scope)) errors.notSupported('scope', scope, SCOPES)
}

function validateClientConfig({ url, service }: WebhookClientConfig, errors: FieldErrors): void {
  if ((url === undefined) === (service === undefined)) {
    errors.required(undefined, 'exactly one of url or service is required')
  } else if (url !== undefined) {
    // Plain http is refused upstream; a simulator's own webhooks have no other way to be reached without TLS.
    if (!/^https?:\/\/[^/]/.test(url)) errors.invalid('url', url, "'https' is the only allowed URL scheme")
  } else if (service !== undefined) {
    errors.at('service', () => {
      if (!service.name) errors.required('name', 'service name is required')
      if (!service.namespace) errors.required('namespace', 'service namespace is required')
    })
  }
}
