/** Whether a part of the control plane answers; found out when asked for, never stored. */
import { nameColumn, text } from '../columns.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, listMap, string, struct } from '../schema.ts'

export const ComponentStatus = defineKind<ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  resource: 'componentstatuses',
  singular: 'componentstatus',
  shortNames: ['cs'],
  namespaced: false,
  deprecated: 'v1 ComponentStatus is deprecated in v1.19+',
  schema: () => componentStatus,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  verbs: ['get', 'list'],
  storagePrefix: 'componentstatuses',
  columns: [
    nameColumn,
    text('Status', 'Whether it is well.', (it) => {
      const status = healthOf(it)?.status
      return status === 'True' ? 'Healthy' : status === 'False' ? 'Unhealthy' : 'Unknown'
    }),
    text('Message', 'What it says.', (it) => healthOf(it)?.message ?? ''),
    text('Error', 'Why it cannot be asked.', (it) => healthOf(it)?.error ?? ''),
  ],
})

function healthOf({ conditions }: ComponentStatus): ComponentCondition | undefined {
  return conditions?.find((it) => it.type === 'Healthy')
}

export interface ComponentStatus extends Infer<typeof componentStatus> {}
export const componentStatus = struct('core/v1.ComponentStatus', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  conditions: listMap(componentCondition, 'type'),
}))

export interface ComponentCondition extends Infer<typeof componentCondition> {}
export const componentCondition = struct(
  'core/v1.ComponentCondition',
  () => ({
    type: string,
    status: string,
    message: string,
    error: string,
  }),
  'type',
  'status',
)
