/** A description of pods to create, used by everything that creates pods. */
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, string, struct } from '../schema.ts'
import { podSpec } from './pod-spec.ts'

export const PodTemplate = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  resource: 'podtemplates',
  singular: 'podtemplate',
  namespaced: true,
  schema: () => podTemplate,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
})

export interface PodTemplate extends Infer<typeof podTemplate> {}
export const podTemplate = struct('core/v1.PodTemplate', () => ({
  apiVersion: string,
  kind: string,
  metadata: filled(objectMeta),
  template: filled(podTemplateSpec),
}))

export interface PodTemplateSpec extends Infer<typeof podTemplateSpec> {}
export const podTemplateSpec = struct(
  'core/v1.PodTemplateSpec',
  () => ({
    metadata: filled(objectMeta),
    spec: filled(podSpec),
  }),
  'spec',
)
