/** Permissions across the cluster, or for use by bindings in any namespace. */
import { createdAtColumn, nameColumn } from '../columns.ts'
import { defineKind } from '../kind.ts'
import { labelSelector } from '../meta/label-selector.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, list, string, struct } from '../schema.ts'
import { policyRule } from './rules.ts'
import { validateRule } from './validation.ts'

export const ClusterRole = defineKind<ClusterRole>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
  schema: () => clusterRole,
  nameRule: 'path',
  generation: false,
  status: false,
  unconditionalUpdate: true,
  createOnUpdate: true,
  validate(object, errors) {
    errors.each('rules', object.rules, (rule) => validateRule(rule, false, errors))
  },
  columns: [nameColumn, createdAtColumn],
})

export interface ClusterRole extends Infer<typeof clusterRole> {}
export const clusterRole = struct('rbac/v1.ClusterRole', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  rules: list(policyRule),
  aggregationRule: aggregationRule,
}))

export interface AggregationRule extends Infer<typeof aggregationRule> {}
export const aggregationRule = struct('rbac/v1.AggregationRule', () => ({
  clusterRoleSelectors: list(labelSelector),
}))
