/** Bounds on the sum of what a namespace may hold. */
import { ageColumn, nameColumn, text } from '../columns.ts'
import { withFields } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateImmutable } from '../meta/validation.ts'
import { atomic, filled, type Infer, list, map, quantity, string, struct } from '../schema.ts'
import { validateResourceQuota } from './resource-quota-validation.ts'

export const ResourceQuota = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  resource: 'resourcequotas',
  singular: 'resourcequota',
  shortNames: ['quota'],
  namespaced: true,
  schema: () => resourceQuota,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: true,
  unconditionalUpdate: true,
  prepareForCreate: (object) => withFields(object, { status: NOTHING_USED }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate: validateResourceQuota,
  validateUpdate(object, old, errors) {
    errors.at('spec', () => validateImmutable(object.spec.scopes, old.spec.scopes, 'scopes', errors))
  },
  columns: [
    nameColumn,
    text('Request', 'What is used of what may be requested.', (quota) =>
      usageText(quota, (name) => !isLimit(name)),
    ),
    text('Limit', 'What is used of what limits may add up to.', (quota) => usageText(quota, isLimit)),
    ageColumn,
  ],
})

const NOTHING_USED = Object.freeze({})

function isLimit(name: string): boolean {
  return name.startsWith('limits')
}

function usageText({ status }: ResourceQuota, matters: (name: string) => boolean): string {
  const hard = status?.hard ?? {}
  return Object.keys(hard)
    .filter(matters)
    .sort()
    .map((name) => `${name}: ${status?.used?.[name] ?? '0'}/${hard[name]}`)
    .join(', ')
}

export interface ResourceQuota extends Infer<typeof resourceQuota> {}
export const resourceQuota = struct(
  'core/v1.ResourceQuota',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(resourceQuotaSpec),
    status: filled(resourceQuotaStatus),
  }),
  'spec',
)

export interface ResourceQuotaSpec extends Infer<typeof resourceQuotaSpec> {}
export const resourceQuotaSpec = struct('core/v1.ResourceQuotaSpec', () => ({
  hard: map(quantity),
  scopes: list(string),
  scopeSelector: scopeSelector,
}))

export interface ScopeSelector extends Infer<typeof scopeSelector> {}
export const scopeSelector = atomic(
  struct('core/v1.ScopeSelector', () => ({
    matchExpressions: list(scopedResourceSelectorRequirement),
  })),
)

export interface ScopedResourceSelectorRequirement extends Infer<typeof scopedResourceSelectorRequirement> {}
export const scopedResourceSelectorRequirement = struct(
  'core/v1.ScopedResourceSelectorRequirement',
  () => ({
    scopeName: string,
    operator: string,
    values: list(string),
  }),
  'scopeName',
  'operator',
)

export interface ResourceQuotaStatus extends Infer<typeof resourceQuotaStatus> {}
export const resourceQuotaStatus = struct('core/v1.ResourceQuotaStatus', () => ({
  hard: map(quantity),
  used: map(quantity),
}))
