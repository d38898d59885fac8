/** Serves a group and version of the API, here or by another server. */
import { ageColumn, nameColumn, text } from '../columns.ts'
import { withFields } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, bytes, filled, type Infer, int32, kept, listMap, string, struct, time } from '../schema.ts'

export const APIService = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  resource: 'apiservices',
  singular: 'apiservice',
  categories: ['api-extensions'],
  namespaced: false,
  schema: () => apiService,
  nameRule: 'path',
  generation: false,
  status: true,
  statusMetadata: [],
  unconditionalUpdate: false,
  storagePrefix: 'apiregistration.k8s.io/apiservices',
  prepareForCreate: (object) => withFields(object, { status: NOT_SEEN }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate(object, errors) {
    const { group = '', version = '', groupPriorityMinimum, versionPriority } = object.spec
    const name = object.metadata?.name ?? ''
    if (name !== `${version}.${group}`) {
      errors.at('metadata', () =>
        errors.invalid('name', name, `must be \`spec.version+"."+spec.group\`: "${version}.${group}"`),
      )
    }
    errors.at('spec', () => {
      if (group === '' && version !== 'v1') {
        errors.required('group', 'only v1 may have an empty group and it better be legacy kube')
      }
      if (!version) errors.required('version')
      for (const [field, value] of [
        ['groupPriorityMinimum', groupPriorityMinimum],
        ['versionPriority', versionPriority],
      ] as const) {
        if (!(value > 0)) errors.invalid(field, value ?? 0, 'must be positive and less than 20000')
      }
    })
  },
  columns: [
    nameColumn,
    text('Service', 'Where it is served.', ({ spec }) =>
      spec.service === undefined ? 'Local' : `${spec.service.namespace}/${spec.service.name}`,
    ),
    text('Available', 'Whether it answers.', ({ status }) => {
      const it = status?.conditions?.find((condition) => condition.type === 'Available')
      if (it === undefined) return 'Unknown'
      return it.status === 'True' ? 'True' : `${it.status} (${it.reason ?? ''})`
    }),
    ageColumn,
  ],
})

const NOT_SEEN = Object.freeze({})

export interface APIService extends Infer<typeof apiService> {}
export const apiService = struct(
  'apiregistration/v1.APIService',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(apiServiceSpec),
    status: filled(apiServiceStatus),
  }),
  'spec',
)

export interface APIServiceSpec extends Infer<typeof apiServiceSpec> {}
export const apiServiceSpec = struct(
  'apiregistration/v1.APIServiceSpec',
  () => ({
    caBundle: bytes,
    group: string,
    groupPriorityMinimum: int32,
    insecureSkipTLSVerify: kept(boolean),
    service: serviceReference,
    version: string,
    versionPriority: int32,
  }),
  'groupPriorityMinimum',
  'versionPriority',
)

export interface ServiceReference extends Infer<typeof serviceReference> {}
export const serviceReference = struct('apiregistration/v1.ServiceReference', () => ({
  name: string,
  namespace: string,
  port: kept(int32),
}))

export interface APIServiceStatus extends Infer<typeof apiServiceStatus> {}
export const apiServiceStatus = struct('apiregistration/v1.APIServiceStatus', () => ({
  conditions: listMap(apiServiceCondition, 'type'),
}))

export interface APIServiceCondition extends Infer<typeof apiServiceCondition> {}
export const apiServiceCondition = struct(
  'apiregistration/v1.APIServiceCondition',
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
