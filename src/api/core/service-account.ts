/** An identity for what runs inside pods. */
import { ageColumn, integer, nameColumn } from '../columns.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { boolean, filled, type Infer, kept, list, listMap, string, struct } from '../schema.ts'
import { localObjectReference, objectReference } from './reference.ts'

export const ServiceAccount = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  namespaced: true,
  schema: () => serviceAccount,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  subresources: ['token'],
  unconditionalUpdate: true,
  columns: [
    nameColumn,
    integer('Secrets', 'How many secrets it lists.', ({ secrets }) => (secrets ?? []).length),
    ageColumn,
  ],
})

export interface ServiceAccount extends Infer<typeof serviceAccount> {}
export const serviceAccount = struct('core/v1.ServiceAccount', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  secrets: listMap(objectReference, 'name'),
  imagePullSecrets: list(localObjectReference),
  automountServiceAccountToken: kept(boolean),
}))
