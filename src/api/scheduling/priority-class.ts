/** Gives a name to a pod priority. */
import { ageColumn, flag, integer, nameColumn, text } from '../columns.ts'
import { fill } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateImmutable, validateOneOf } from '../meta/validation.ts'
import { boolean, filled, type Infer, int32, kept, string, struct } from '../schema.ts'

export const PriorityClass = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  resource: 'priorityclasses',
  singular: 'priorityclass',
  shortNames: ['pc'],
  namespaced: false,
  schema: () => priorityClass,
  nameRule: 'dns1123Subdomain',
  generation: true,
  status: false,
  unconditionalUpdate: true,
  defaults: (object) => fill(object, { preemptionPolicy: 'PreemptLowerPriority' }),
  validate(object, errors) {
    const name = object.metadata?.name ?? ''
    if (name.startsWith('system-')) {
      if (SYSTEM_CLASSES[name] !== object.value || object.globalDefault) {
        errors.at('metadata', () =>
          errors.forbidden(
            'name',
            "priority class names with 'system-' prefix are reserved for system use only. error: only system defined priority classes may have this prefix",
          ),
        )
      }
    } else if ((object.value ?? 0) > MAX_USER_PRIORITY) {
      errors.forbidden('value', `maximum allowed value of a user defined priority is ${MAX_USER_PRIORITY}`)
    }
    validateOneOf(object.preemptionPolicy, 'preemptionPolicy', ['Never', 'PreemptLowerPriority'], errors)
  },
  validateUpdate(object, old, errors) {
    if (object.value !== old.value) errors.forbidden('value', 'may not be changed in an update.')
    validateImmutable(object.preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy', errors)
  },
  columns: [
    nameColumn,
    integer('Value', 'The priority.', ({ value }) => value),
    flag(
      'Global-Default',
      'Whether pods without a class get this one.',
      ({ globalDefault }) => globalDefault,
    ),
    ageColumn,
    text(
      'PreemptionPolicy',
      'Whether its pods may displace others.',
      ({ preemptionPolicy }) => preemptionPolicy ?? '',
    ),
  ],
})

const MAX_USER_PRIORITY = 1_000_000_000
const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
}

export interface PriorityClass extends Infer<typeof priorityClass> {}
export const priorityClass = struct(
  'scheduling/v1.PriorityClass',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    value: int32,
    globalDefault: boolean,
    description: string,
    preemptionPolicy: kept(string),
  }),
  'value',
)
