/** What a custom resource definition may say. Upstream: apiextensions-apiserver/pkg/apis/apiextensions/validation. */
import type { FieldErrors } from '../field-errors.ts'
import { validateImmutable, validateOneOf } from '../meta/validation.ts'
import { checkDns1035Label, checkDns1123Subdomain } from '../names.ts'
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from './custom-resource-definition.ts'
import { validateStructural } from './structural.ts'

export function validateDefinition(definition: CustomResourceDefinition, errors: FieldErrors): void {
  const { spec } = definition
  const names = spec.names ?? { plural: '', kind: '' }
  const required = `${names.plural}.${spec.group}`
  if (definition.metadata?.name !== required) {
    errors.at('metadata', () =>
      errors.invalid('name', definition.metadata?.name ?? '', `must be spec.names.plural+"."+spec.group`),
    )
  }
  errors.at('spec', () => {
    if (!spec.group) errors.required('group')
    else {
      for (const problem of checkDns1123Subdomain(spec.group)) errors.invalid('group', spec.group, problem)
      if (!spec.group.includes('.'))
        errors.invalid('group', spec.group, 'should be a domain with at least one dot')
    }
    validateOneOf(spec.scope, 'scope', ['Cluster', 'Namespaced'], errors)
    validateVersions(spec.versions ?? [], errors)
    errors.at('names', () => {
      for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
        const value = names[field] ?? ''
        if (value === '') errors.required(field)
        else
          for (const problem of checkDns1035Label(value.toLowerCase())) errors.invalid(field, value, problem)
      }
      errors.each('shortNames', names.shortNames, (name) => {
        for (const problem of checkDns1035Label(name)) errors.invalid(undefined, name, problem)
      })
      if (names.kind && names.kind === names.listKind) {
        errors.invalid('listKind', names.listKind, 'kind and listKind may not be the same')
      }
    })
    if (spec.preserveUnknownFields) {
      errors.invalid(
        'preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      )
    }
    const strategy = spec.conversion?.strategy
    errors.at('conversion', () => {
      if (strategy === undefined || strategy === '') errors.required('strategy')
      else if (strategy !== 'None' && strategy !== 'Webhook')
        errors.notSupported('strategy', strategy, ['None', 'Webhook'])
    })
  })
}

function validateVersions(versions: readonly CustomResourceDefinitionVersion[], errors: FieldErrors): void {
  const names = new Set<string>()
  errors.each('versions', versions, (version) => {
    const { name = '' } = version
    for (const problem of checkDns1035Label(name)) errors.invalid('name', name, problem)
    if (names.has(name)) errors.invalid('name', name, 'must be unique')
    names.add(name)
    const schema = version.schema?.openAPIV3Schema
    errors.at('schema', () => {
      if (schema === undefined) errors.required('openAPIV3Schema', 'schemas are required')
      else errors.at('openAPIV3Schema', () => validateStructural(schema, errors))
    })
    errors.each('additionalPrinterColumns', version.additionalPrinterColumns, (column) =>
      validateColumn(column, errors),
    )
    const scale = version.subresources?.scale
    if (scale !== undefined) {
      errors.at('subresources', () =>
        errors.at('scale', () => {
          for (const [field, prefix] of [
            ['specReplicasPath', '.spec'],
            ['statusReplicasPath', '.status'],
          ] as const) {
            const path = scale[field] ?? ''
            if (path === '') errors.required(field)
            else if (!path.startsWith(`${prefix}.`)) {
              errors.invalid(field, path, `should be a json path under ${prefix}`)
            }
          }
        }),
      )
    }
  })
  if (versions.filter((it) => it.storage).length !== 1) {
    errors.invalid(
      'versions',
      versions.map((it) => it.name),
      'must have exactly one version marked as storage version',
    )
  }
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string']

function validateColumn({ name, type, jsonPath }: CustomResourceColumnDefinition, errors: FieldErrors): void {
  if (!name) errors.required('name')
  if (!type) errors.required('type', `must be one of ${COLUMN_TYPES.join(',')}`)
  else if (!COLUMN_TYPES.includes(type))
    errors.invalid('type', type, `must be one of ${COLUMN_TYPES.join(',')}`)
  if (!jsonPath) errors.required('jsonPath')
  else if (!jsonPath.startsWith('.'))
    errors.invalid('jsonPath', jsonPath, 'must be a simple json path starting with .')
}

export function validateDefinitionUpdate(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition,
  errors: FieldErrors,
): void {
  errors.at('spec', () => {
    validateImmutable(definition.spec.group, old.spec.group, 'group', errors)
    validateImmutable(definition.spec.scope, old.spec.scope, 'scope', errors)
    errors.at('names', () => {
      validateImmutable(definition.spec.names?.plural, old.spec.names?.plural, 'plural', errors)
      validateImmutable(definition.spec.names?.kind, old.spec.names?.kind, 'kind', errors)
    })
  })
  const names = new Set((definition.spec.versions ?? []).map((it) => it.name))
  for (const [index, version] of (old.status?.storedVersions ?? []).entries()) {
    if (names.has(version)) continue
    errors.at('status', () =>
      errors.at('storedVersions', () => errors.invalid(index, version, 'must appear in spec.versions')),
    )
  }
}
