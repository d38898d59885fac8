/** Webhooks that may refuse objects on their way in. */
import { ageColumn, integer, nameColumn } from '../columns.ts'
import { mapField, mapList } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, int32, kept, list, listMap, string, struct } from '../schema.ts'
import { matchCondition, ruleWithOperations, webhookClientConfig } from './webhook.ts'
import { defaultWebhook } from './webhook-defaults.ts'
import { validateWebhooks } from './webhook-validation.ts'

export const ValidatingWebhookConfiguration = defineKind<ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  singular: 'validatingwebhookconfiguration',
  categories: ['api-extensions'],
  namespaced: false,
  schema: () => validatingWebhookConfiguration,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: false,
  unconditionalUpdate: false,
  defaults: (object) =>
    mapField(object, 'webhooks', (webhooks) => mapList(webhooks, (it) => defaultWebhook(it))),
  validate(object, errors) {
    validateWebhooks(object.webhooks, errors)
  },
  columns: [
    nameColumn,
    integer('Webhooks', 'How many it has.', ({ webhooks }) => (webhooks ?? []).length),
    ageColumn,
  ],
})

export interface ValidatingWebhookConfiguration extends Infer<typeof validatingWebhookConfiguration> {}
export const validatingWebhookConfiguration = struct(
  'admissionregistration/v1.ValidatingWebhookConfiguration',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    webhooks: listMap(validatingWebhook, 'name'),
  }),
)

export interface ValidatingWebhook extends Infer<typeof validatingWebhook> {}
export const validatingWebhook = struct(
  'admissionregistration/v1.ValidatingWebhook',
  () => ({
    admissionReviewVersions: list(string),
    clientConfig: filled(webhookClientConfig),
    failurePolicy: string,
    matchConditions: listMap(matchCondition, 'name'),
    matchPolicy: string,
    name: string,
    namespaceSelector: labelSelector,
    objectSelector: labelSelector,
    rules: list(ruleWithOperations),
    sideEffects: string,
    timeoutSeconds: kept(int32),
  }),
  'admissionReviewVersions',
  'clientConfig',
  'name',
  'sideEffects',
)
