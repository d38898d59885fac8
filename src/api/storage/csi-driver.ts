/** What a CSI driver installed in the cluster can do. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, filled, type Infer, int64, kept, list, string, struct } from '../schema.ts'

export const CSIDriver = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  resource: 'csidrivers',
  singular: 'csidriver',
  namespaced: false,
  schema: () => csiDriver,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: false,
})

export interface CSIDriver extends Infer<typeof csiDriver> {}
export const csiDriver = struct(
  'storage/v1.CSIDriver',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(csiDriverSpec),
  }),
  'spec',
)

export interface CSIDriverSpec extends Infer<typeof csiDriverSpec> {}
export const csiDriverSpec = struct('storage/v1.CSIDriverSpec', () => ({
  attachRequired: kept(boolean),
  podInfoOnMount: kept(boolean),
  volumeLifecycleModes: list(string, { set: true }),
  storageCapacity: kept(boolean),
  fsGroupPolicy: kept(string),
  tokenRequests: list(tokenRequest),
  requiresRepublish: kept(boolean),
  seLinuxMount: kept(boolean),
  nodeAllocatableUpdatePeriodSeconds: kept(int64),
}))

export interface TokenRequest extends Infer<typeof tokenRequest> {}
export const tokenRequest = struct(
  'storage/v1.TokenRequest',
  () => ({
    audience: string,
    expirationSeconds: kept(int64),
  }),
  'audience',
)
