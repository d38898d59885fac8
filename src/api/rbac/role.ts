/** Permissions within one namespace. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, list, string, struct } from '../schema.ts'
import { policyRule } from './rules.ts'

export const Role = defineKind<Role>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  resource: 'roles',
  singular: 'role',
  namespaced: true,
  schema: () => role,
  nameRule: 'path',
  generation: false,
  status: false,
  unconditionalUpdate: true,
  createOnUpdate: true,
})

export interface Role extends Infer<typeof role> {}
export const role = struct('rbac/v1.Role', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  rules: list(policyRule),
}))
