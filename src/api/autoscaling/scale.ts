/** The replicas of any scalable object, as its scale subresource shows them. */
import { ageColumn, integer, nameColumn } from '../columns.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, int32, string, struct } from '../schema.ts'

export const Scale = defineKind<Scale>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  resource: 'scales',
  singular: 'scale',
  namespaced: true,
  schema: () => scale,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  // Only ever met as a subresource of others.
  verbs: [],
  unconditionalUpdate: true,
  columns: [
    nameColumn,
    integer('Desired', 'Replicas that are wanted.', ({ spec }) => spec.replicas),
    integer('Available', 'Replicas that there are.', ({ status }) => status?.replicas),
    ageColumn,
  ],
})

export interface Scale extends Infer<typeof scale> {}
export const scale = struct(
  'autoscaling/v1.Scale',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(scaleSpec),
    status: filled(scaleStatus),
  }),
  'spec',
)

export interface ScaleSpec extends Infer<typeof scaleSpec> {}
export const scaleSpec = struct('autoscaling/v1.ScaleSpec', () => ({
  replicas: int32,
}))

export interface ScaleStatus extends Infer<typeof scaleStatus> {}
export const scaleStatus = struct(
  'autoscaling/v1.ScaleStatus',
  () => ({
    replicas: int32,
    selector: string,
  }),
  'replicas',
)
