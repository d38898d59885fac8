/** Webhooks that may change objects on their way in. */
import { ageColumn, integer, nameColumn } from '../columns.ts'
import { mapField, mapList } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, int32, kept, list, listMap, string, struct } from '../schema.ts'
import { matchCondition, ruleWithOperations, webhookClientConfig } from './webhook.ts'
import { defaultWebhook } from './webhook-defaults.ts'
import { validateWebhooks } from './webhook-validation.ts'

export const MutatingWebhookConfiguration = defineKind<MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  resource: 'mutatingwebhookconfigurations',
  singular: 'mutatingwebhookconfiguration',
  categories: ['api-extensions'],
  namespaced: false,
  schema: () => mutatingWebhookConfiguration,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: false,
  unconditionalUpdate: false,
  defaults: (object) =>
    mapField(object, 'webhooks', (webhooks) =>
      mapList(webhooks, (it) => defaultWebhook(it, { reinvocationPolicy: 'Never' })),
    ),
  validate(object, errors) {
    validateWebhooks(object.webhooks, errors)
  },
  columns: [
    nameColumn,
    integer('Webhooks', 'How many it has.', ({ webhooks }) => (webhooks ?? []).length),
    ageColumn,
  ],
})

export interface MutatingWebhookConfiguration extends Infer<typeof mutatingWebhookConfiguration> {}
export const mutatingWebhookConfiguration = struct(
  'admissionregistration/v1.MutatingWebhookConfiguration',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    webhooks: listMap(mutatingWebhook, 'name'),
  }),
)

export interface MutatingWebhook extends Infer<typeof mutatingWebhook> {}
export const mutatingWebhook = struct(
  'admissionregistration/v1.MutatingWebhook',
  () => ({
    admissionReviewVersions: list(string),
    clientConfig: filled(webhookClientConfig),
    failurePolicy: string,
    matchConditions: listMap(matchCondition, 'name'),
    matchPolicy: string,
    name: string,
    namespaceSelector: labelSelector,
    objectSelector: labelSelector,
    reinvocationPolicy: string,
    rules: list(ruleWithOperations),
    sideEffects: string,
    timeoutSeconds: kept(int32),
  }),
  'admissionReviewVersions',
  'clientConfig',
  'name',
  'sideEffects',
)
