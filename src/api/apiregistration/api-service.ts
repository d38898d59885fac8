/** Serves a group and version of the API, here or by another server. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, bytes, type Infer, int32, kept, listMap, string, struct, time } from '../schema.ts'

export const APIService = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  resource: 'apiservices',
  singular: 'apiservice',
  categories: ['api-extensions'],
  namespaced: false,
  schema: () => apiService,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: true,
  unconditionalUpdate: false,
  storagePrefix: 'apiregistration.k8s.io/apiservices',
})

export interface APIService extends Infer<typeof apiService> {}
export const apiService = struct(
  'apiregistration/v1.APIService',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: objectMeta,
    spec: apiServiceSpec,
    status: apiServiceStatus,
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
