/** The intent that a volume be attached to a node, and whether it is. */

import { ageColumn, flag, nameColumn, text } from '../columns.ts'
import { persistentVolumeSpec } from '../core/persistent-volume.ts'
import { withFields } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { sameValue } from '../meta/validation.ts'
import { boolean, filled, type Infer, int32, kept, string, stringMap, struct, time } from '../schema.ts'

export const VolumeAttachment = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  resource: 'volumeattachments',
  singular: 'volumeattachment',
  namespaced: false,
  schema: () => volumeAttachment,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: true,
  statusMetadata: [],
  unconditionalUpdate: false,
  prepareForCreate: (object) => withFields(object, { status: DETACHED }),
  prepareForUpdate: (object, old) => withFields(object, { status: old.status }),
  validate(object, errors) {
    errors.at('spec', () => {
      const { attacher, nodeName, source } = object.spec
      if (!attacher) errors.required('attacher')
      if (!nodeName) errors.required('nodeName')
      errors.at('source', () => {
        const { inlineVolumeSpec, persistentVolumeName } = source ?? {}
        if (inlineVolumeSpec === undefined && persistentVolumeName === undefined) {
          errors.required(undefined, 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')
        } else if (inlineVolumeSpec !== undefined && persistentVolumeName !== undefined) {
          errors.forbidden(undefined, 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')
        } else if (persistentVolumeName === '')
          errors.required('persistentVolumeName', 'must specify non empty persistentVolumeName')
      })
    })
  },
  validateUpdate(object, old, errors) {
    if (!sameValue(object.spec, old.spec)) errors.invalid('spec', object.spec, 'field is immutable')
  },
  columns: [
    nameColumn,
    text('Attacher', 'The driver that attaches it.', ({ spec }) => spec.attacher ?? ''),
    text('PV', 'The volume.', ({ spec }) => spec.source?.persistentVolumeName ?? ''),
    text('Node', 'The node it belongs on.', ({ spec }) => spec.nodeName ?? ''),
    flag('Attached', 'Whether it is there.', ({ status }) => status?.attached),
    ageColumn,
  ],
})

const DETACHED = Object.freeze({ attached: false })

export interface VolumeAttachment extends Infer<typeof volumeAttachment> {}
export const volumeAttachment = struct(
  'storage/v1.VolumeAttachment',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(volumeAttachmentSpec),
    status: filled(volumeAttachmentStatus),
  }),
  'spec',
)

export interface VolumeAttachmentSpec extends Infer<typeof volumeAttachmentSpec> {}
export const volumeAttachmentSpec = struct(
  'storage/v1.VolumeAttachmentSpec',
  () => ({
    attacher: string,
    source: filled(volumeAttachmentSource),
    nodeName: string,
  }),
  'attacher',
  'source',
  'nodeName',
)

export interface VolumeAttachmentSource extends Infer<typeof volumeAttachmentSource> {}
export const volumeAttachmentSource = struct('storage/v1.VolumeAttachmentSource', () => ({
  persistentVolumeName: kept(string),
  inlineVolumeSpec: persistentVolumeSpec,
}))

export interface VolumeAttachmentStatus extends Infer<typeof volumeAttachmentStatus> {}
export const volumeAttachmentStatus = struct(
  'storage/v1.VolumeAttachmentStatus',
  () => ({
    attached: boolean,
    attachmentMetadata: stringMap,
    attachError: volumeError,
    detachError: volumeError,
  }),
  'attached',
)

export interface VolumeError extends Infer<typeof volumeError> {}
export const volumeError = struct('storage/v1.VolumeError', () => ({
  time: time,
  message: string,
  errorCode: kept(int32),
}))
