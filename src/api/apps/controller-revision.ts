/** An immutable record of one state of a StatefulSet's or DaemonSet's template. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, int64, json, string, struct } from '../schema.ts'

export const ControllerRevision = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  resource: 'controllerrevisions',
  singular: 'controllerrevision',
  namespaced: true,
  schema: () => controllerRevision,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
})

export interface ControllerRevision extends Infer<typeof controllerRevision> {}
export const controllerRevision = struct(
  'apps/v1.ControllerRevision',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    data: json,
    revision: int64,
  }),
  'revision',
)
