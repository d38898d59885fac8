/** A namespace: a scope for names, whose deletion takes everything in it along. */
import { ageColumn, nameColumn, text } from '../columns.ts'
import { mapField, withFields } from '../fill.ts'
import { deepFreeze } from '../freeze.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { checkQualifiedName } from '../names.ts'
import { filled, type Infer, list, listMap, string, struct, time } from '../schema.ts'

export const Namespace = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  namespaced: false,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  schema: () => namespace,
  nameRule: 'dns1123Label',
  generation: false,
  status: true,
  subresources: ['finalize'],
  unconditionalUpdate: true,
  defaults: labelled,
  prepareForCreate(created) {
    // A generated name is known only now.
    const object = labelled(created)
    const finalizers = object.spec.finalizers ?? []
    const spec = finalizers.includes('kubernetes')
      ? object.spec
      : { finalizers: [...finalizers, 'kubernetes'] }
    return deepFreeze({ ...object, spec, status: { phase: 'Active' } })
  },
  // Finalizers of the spec change through /finalize only.
  prepareForUpdate: (object, old) => withFields(object, { spec: old.spec, status: old.status }),
  validate(object, errors) {
    errors.at('spec', () =>
      errors.each('finalizers', object.spec.finalizers, (name) => {
        for (const problem of checkQualifiedName(name)) errors.invalid(undefined, name, problem)
      }),
    )
  },
  validateStatusUpdate(object, _old, errors) {
    const deleting = object.metadata?.deletionTimestamp !== undefined
    const phase = object.status?.phase
    errors.at('status', () => {
      if (!deleting && phase === 'Terminating') {
        errors.invalid('Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")
      } else if (deleting && phase !== 'Terminating') {
        errors.invalid('Phase', phase ?? '', "may only be 'Terminating' if `deletionTimestamp` is not empty")
      }
    })
  },
  selectableFields: { 'status.phase': ({ status }) => status?.phase ?? '' },
  columns: [
    nameColumn,
    text(
      'Status',
      'Active, or Terminating while its contents are deleted.',
      ({ status }) => status?.phase ?? '',
    ),
    ageColumn,
  ],
})

/** Every namespace carries its own name as a label, so that selectors can name namespaces. */
const NAME_LABEL = 'kubernetes.io/metadata.name'

export interface Namespace extends Infer<typeof namespace> {}
export const namespace = struct(
  'core/v1.Namespace',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(namespaceSpec),
    status: filled(namespaceStatus),
  }),
  'spec',
)

export interface NamespaceSpec extends Infer<typeof namespaceSpec> {}
export const namespaceSpec = struct('core/v1.NamespaceSpec', () => ({
  finalizers: list(string),
}))

export interface NamespaceStatus extends Infer<typeof namespaceStatus> {}
export const namespaceStatus = struct('core/v1.NamespaceStatus', () => ({
  phase: string,
  conditions: listMap(namespaceCondition, 'type'),
}))

export interface NamespaceCondition extends Infer<typeof namespaceCondition> {}
export const namespaceCondition = struct(
  'core/v1.NamespaceCondition',
  () => ({
    type: string,
    status: string,
    lastTransitionTime: time,
    reason: string,
    message: string,
  }),
  'type',
  'status',
)

function labelled(object: Namespace): Namespace {
  return mapField(object, 'metadata', (metadata) => {
    const { name } = metadata
    if (!name || metadata.labels?.[NAME_LABEL] === name) return metadata
    return Object.freeze({ ...metadata, labels: Object.freeze({ ...metadata.labels, [NAME_LABEL]: name }) })
  })
}
