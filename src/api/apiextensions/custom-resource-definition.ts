/** Adds a kind of object to the API. */
import { createdAtColumn, nameColumn } from '../columns.ts'
import { fill, mapField, withFields } from '../fill.ts'
import { deepFreeze } from '../freeze.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import {
  boolean,
  bytes,
  filled,
  type Infer,
  int32,
  json,
  kept,
  list,
  string,
  struct,
  time,
} from '../schema.ts'
import { jsonSchemaProps } from './json-schema.ts'
import { validateDefinition, validateDefinitionUpdate } from './validation.ts'

export const CustomResourceDefinition = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  schema: () => customResourceDefinition,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: true,
  statusMetadata: [],
  unconditionalUpdate: false,
  storagePrefix: 'apiextensions.k8s.io/customresourcedefinitions',
  defaults: (object) => mapField(object, 'spec', defaultSpec),
  prepareForCreate: (object) => withFields(object, { status: initialStatus(object) }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  columns: [nameColumn, createdAtColumn],
})

const NO_CONVERSION = deepFreeze({ strategy: 'None' })

function defaultSpec(spec: CustomResourceDefinitionSpec): CustomResourceDefinitionSpec {
  const complete = fill(spec, { conversion: NO_CONVERSION })
  return mapField(complete, 'names', (names) =>
    names.kind ? fill(names, { singular: names.kind.toLowerCase(), listKind: `${names.kind}List` }) : names,
  )
}

/** The versions that objects may be stored in; the rest is for the naming and establishing controllers. */
function initialStatus({ spec }: CustomResourceDefinition): CustomResourceDefinitionStatus {
  const storedVersions = (spec.versions ?? []).filter((it) => it.storage).map((it) => it.name ?? '')
  return deepFreeze({
    acceptedNames: { kind: '', plural: '' },
    ...(storedVersions.length > 0 ? { storedVersions } : {}),
  }) as CustomResourceDefinitionStatus
}

export interface CustomResourceDefinition extends Infer<typeof customResourceDefinition> {}
export const customResourceDefinition = struct(
  'apiextensions/v1.CustomResourceDefinition',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(customResourceDefinitionSpec),
    status: filled(customResourceDefinitionStatus),
  }),
  'spec',
)

export interface CustomResourceDefinitionSpec extends Infer<typeof customResourceDefinitionSpec> {}
export const customResourceDefinitionSpec = struct(
  'apiextensions/v1.CustomResourceDefinitionSpec',
  () => ({
    conversion: customResourceConversion,
    group: string,
    names: filled(customResourceDefinitionNames),
    preserveUnknownFields: kept(boolean),
    scope: string,
    versions: list(customResourceDefinitionVersion),
  }),
  'group',
  'names',
  'scope',
  'versions',
)

export interface CustomResourceConversion extends Infer<typeof customResourceConversion> {}
export const customResourceConversion = struct(
  'apiextensions/v1.CustomResourceConversion',
  () => ({
    strategy: string,
    webhook: webhookConversion,
  }),
  'strategy',
)

export interface WebhookConversion extends Infer<typeof webhookConversion> {}
export const webhookConversion = struct(
  'apiextensions/v1.WebhookConversion',
  () => ({
    clientConfig: webhookClientConfig,
    conversionReviewVersions: list(string),
  }),
  'conversionReviewVersions',
)

export interface WebhookClientConfig extends Infer<typeof webhookClientConfig> {}
export const webhookClientConfig = struct('apiextensions/v1.WebhookClientConfig', () => ({
  caBundle: bytes,
  service: serviceReference,
  url: string,
}))

export interface ServiceReference extends Infer<typeof serviceReference> {}
export const serviceReference = struct(
  'apiextensions/v1.ServiceReference',
  () => ({
    name: string,
    namespace: string,
    path: string,
    port: kept(int32),
  }),
  'name',
  'namespace',
)

export interface CustomResourceDefinitionNames extends Infer<typeof customResourceDefinitionNames> {}
export const customResourceDefinitionNames = struct(
  'apiextensions/v1.CustomResourceDefinitionNames',
  () => ({
    kind: string,
    categories: list(string),
    listKind: string,
    plural: string,
    shortNames: list(string),
    singular: string,
  }),
  'kind',
  'plural',
)

export interface CustomResourceDefinitionVersion extends Infer<typeof customResourceDefinitionVersion> {}
export const customResourceDefinitionVersion = struct(
  'apiextensions/v1.CustomResourceDefinitionVersion',
  () => ({
    additionalPrinterColumns: list(customResourceColumnDefinition),
    deprecated: kept(boolean),
    deprecationWarning: string,
    name: string,
    schema: customResourceValidation,
    selectableFields: list(selectableField),
    served: boolean,
    storage: boolean,
    subresources: customResourceSubresources,
  }),
  'name',
  'served',
  'storage',
)

export interface CustomResourceColumnDefinition extends Infer<typeof customResourceColumnDefinition> {}
export const customResourceColumnDefinition = struct(
  'apiextensions/v1.CustomResourceColumnDefinition',
  () => ({
    description: string,
    format: string,
    jsonPath: string,
    name: string,
    priority: kept(int32),
    type: string,
  }),
  'jsonPath',
  'name',
  'type',
)

export interface CustomResourceValidation extends Infer<typeof customResourceValidation> {}
export const customResourceValidation = struct('apiextensions/v1.CustomResourceValidation', () => ({
  openAPIV3Schema: jsonSchemaProps,
}))

export interface SelectableField extends Infer<typeof selectableField> {}
export const selectableField = struct(
  'apiextensions/v1.SelectableField',
  () => ({
    jsonPath: string,
  }),
  'jsonPath',
)

export interface CustomResourceSubresources extends Infer<typeof customResourceSubresources> {}
export const customResourceSubresources = struct('apiextensions/v1.CustomResourceSubresources', () => ({
  scale: customResourceSubresourceScale,
  status: json,
}))

export interface CustomResourceSubresourceScale extends Infer<typeof customResourceSubresourceScale> {}
export const customResourceSubresourceScale = struct(
  'apiextensions/v1.CustomResourceSubresourceScale',
  () => ({
    labelSelectorPath: string,
    specReplicasPath: string,
    statusReplicasPath: string,
  }),
  'specReplicasPath',
  'statusReplicasPath',
)

export interface CustomResourceDefinitionStatus extends Infer<typeof customResourceDefinitionStatus> {}
export const customResourceDefinitionStatus = struct(
  'apiextensions/v1.CustomResourceDefinitionStatus',
  () => ({
    acceptedNames: filled(customResourceDefinitionNames),
    conditions: list(customResourceDefinitionCondition, { keys: ['type'] }),
    storedVersions: list(string),
  }),
)

export interface CustomResourceDefinitionCondition extends Infer<typeof customResourceDefinitionCondition> {}
export const customResourceDefinitionCondition = struct(
  'apiextensions/v1.CustomResourceDefinitionCondition',
  () => ({
    lastTransitionTime: time,
    message: string,
    reason: string,
    status: string,
    type: string,
  }),
  'status',
  'type',
)
