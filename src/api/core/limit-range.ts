/** Bounds and defaults for the resources of single objects in a namespace. */
import { createdAtColumn, nameColumn } from '../columns.ts'
import { mapField, mapList, withFields } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, list, map, quantity, string, struct } from '../schema.ts'
import { validateLimitRange } from './limit-range-validation.ts'

export const LimitRange = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  resource: 'limitranges',
  singular: 'limitrange',
  shortNames: ['limits'],
  namespaced: true,
  schema: () => limitRange,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
  createOnUpdate: true,
  defaults: (object) =>
    mapField(object, 'spec', (spec) => mapField(spec, 'limits', (limits) => mapList(limits, defaultItem))),
  validate: validateLimitRange,
  columns: [nameColumn, createdAtColumn],
})

/** For containers, what is not said follows from what is: default from max, defaultRequest from default, then min. */
function defaultItem(item: LimitRangeItem): LimitRangeItem {
  if (item.type !== 'Container') return item
  const defaults = { ...item.max, ...item.default }
  const requests = { ...item.min, ...defaults, ...item.defaultRequest }
  return withFields(item, {
    ...(Object.keys(defaults).length > 0 ? { default: Object.freeze(defaults) } : {}),
    ...(Object.keys(requests).length > 0 ? { defaultRequest: Object.freeze(requests) } : {}),
  })
}

export interface LimitRange extends Infer<typeof limitRange> {}
export const limitRange = struct(
  'core/v1.LimitRange',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(limitRangeSpec),
  }),
  'spec',
)

export interface LimitRangeSpec extends Infer<typeof limitRangeSpec> {}
export const limitRangeSpec = struct(
  'core/v1.LimitRangeSpec',
  () => ({
    limits: list(limitRangeItem),
  }),
  'limits',
)

export interface LimitRangeItem extends Infer<typeof limitRangeItem> {}
export const limitRangeItem = struct(
  'core/v1.LimitRangeItem',
  () => ({
    type: string,
    max: map(quantity),
    min: map(quantity),
    default: map(quantity),
    defaultRequest: map(quantity),
    maxLimitRequestRatio: map(quantity),
  }),
  'type',
)
