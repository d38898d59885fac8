/** A description of pods to create, used by everything that creates pods. */
import { labelsText, nameColumn, text } from '../columns.ts'
import { mapField } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, string, struct } from '../schema.ts'
import { defaultPodTemplate } from './pod-defaults.ts'
import { podSpec } from './pod-spec.ts'
import { validatePodTemplate } from './pod-spec-validation.ts'

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
  defaults: (object) => mapField(object, 'template', defaultPodTemplate),
  validate(object, errors) {
    const { template } = object
    if (template !== undefined) errors.at('template', () => validatePodTemplate(template, errors))
  },
  columns: [
    nameColumn,
    text('Containers', 'Names of the containers.', ({ template }) => {
      return (template?.spec?.containers ?? []).map((it) => it.name).join(',')
    }),
    text('Images', 'Images of the containers.', ({ template }) => {
      return (template?.spec?.containers ?? []).map((it) => it.image ?? '').join(',')
    }),
    text('Pod Labels', 'Labels of the pods.', ({ template }) => labelsText(template?.metadata?.labels)),
  ],
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
