/** Permissions within one namespace. */
import { createdAtColumn, nameColumn } from '../columns.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, list, string, struct } from '../schema.ts'
import { policyRule } from './rules.ts'
import { validateRule } from './validation.ts'

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
  validate(object, errors) {
    errors.each('rules', object.rules, (rule) => validateRule(rule, true, errors))
  },
  columns: [nameColumn, createdAtColumn],
})

export interface Role extends Infer<typeof role> {}
export const role = struct('rbac/v1.Role', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  rules: list(policyRule),
}))
