/** Gives a name to a pod priority. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
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
})

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
