/** Names a way in which nodes run containers. */
import { ageColumn, nameColumn, text } from '../columns.ts'
import { validateToleration } from '../core/pod-spec-validation.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateImmutable } from '../meta/validation.ts'
import { checkDns1123Label } from '../names.ts'
import { atomic, filled, type Infer, int64, kept, list, string, stringMap, struct } from '../schema.ts'

export const RuntimeClass = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  resource: 'runtimeclasses',
  singular: 'runtimeclass',
  namespaced: false,
  schema: () => runtimeClass,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: false,
  validate(object, errors) {
    for (const problem of checkDns1123Label(object.handler ?? ''))
      errors.invalid('handler', object.handler ?? '', problem)
    errors.at('scheduling', () =>
      errors.each('tolerations', object.scheduling?.tolerations, (it) => validateToleration(it, errors)),
    )
  },
  validateUpdate(object, old, errors) {
    validateImmutable(object.handler, old.handler, 'handler', errors)
  },
  columns: [nameColumn, text('Handler', 'How nodes know it.', ({ handler }) => handler ?? ''), ageColumn],
})

export interface RuntimeClass extends Infer<typeof runtimeClass> {}
export const runtimeClass = struct(
  'node/v1.RuntimeClass',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    handler: string,
    overhead: overhead,
    scheduling: scheduling,
  }),
  'handler',
)

export interface Overhead extends Infer<typeof overhead> {}
export const overhead = struct('node/v1.Overhead', () => ({
  podFixed: stringMap,
}))

export interface Scheduling extends Infer<typeof scheduling> {}
export const scheduling = struct('node/v1.Scheduling', () => ({
  nodeSelector: atomic(stringMap),
  tolerations: list(toleration),
}))

export interface Toleration extends Infer<typeof toleration> {}
export const toleration = struct('node/v1.Toleration', () => ({
  effect: string,
  key: string,
  operator: string,
  tolerationSeconds: kept(int64),
  value: string,
}))
