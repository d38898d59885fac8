/** What a CSI driver installed in the cluster can do. */
import { ageColumn, flag, NONE, nameColumn, text, UNSET } from '../columns.ts'
import { fill, mapField } from '../fill.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateImmutable, validateOneOf } from '../meta/validation.ts'
import { boolean, filled, type Infer, int64, kept, list, string, struct } from '../schema.ts'

export const CSIDriver = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  resource: 'csidrivers',
  singular: 'csidriver',
  namespaced: false,
  schema: () => csiDriver,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: false,
  defaults: (object) =>
    mapField(object, 'spec', (spec) =>
      fill(spec, {
        attachRequired: true,
        podInfoOnMount: false,
        storageCapacity: false,
        fsGroupPolicy: 'ReadWriteOnceWithFSType',
        volumeLifecycleModes: PERSISTENT,
        requiresRepublish: false,
        seLinuxMount: false,
      }),
    ),
  validate(object, errors) {
    errors.at('spec', () => {
      validateOneOf(
        object.spec.fsGroupPolicy,
        'fsGroupPolicy',
        ['ReadWriteOnceWithFSType', 'File', 'None'],
        errors,
      )
      errors.each('volumeLifecycleModes', object.spec.volumeLifecycleModes, (mode) => {
        if (mode !== 'Persistent' && mode !== 'Ephemeral')
          errors.notSupported(undefined, mode, ['Ephemeral', 'Persistent'])
      })
    })
  },
  validateUpdate(object, old, errors) {
    errors.at('spec', () => {
      validateImmutable(object.spec.attachRequired, old.spec.attachRequired, 'attachRequired', errors)
      validateImmutable(
        object.spec.volumeLifecycleModes,
        old.spec.volumeLifecycleModes,
        'volumeLifecycleModes',
        errors,
      )
    })
  },
  columns: [
    nameColumn,
    flag(
      'AttachRequired',
      'Whether volumes are attached before use.',
      ({ spec }) => spec.attachRequired ?? true,
    ),
    flag('PodInfoOnMount', 'Whether it is told about pods.', ({ spec }) => spec.podInfoOnMount),
    flag('StorageCapacity', 'Whether it publishes its capacity.', ({ spec }) => spec.storageCapacity),
    text('TokenRequests', 'Audiences of the tokens it gets.', ({ spec }) => {
      const audiences = (spec.tokenRequests ?? []).map((it) => it.audience)
      return audiences.length === 0 ? UNSET : audiences.join(',')
    }),
    flag('RequiresRepublish', 'Whether it is called again and again.', ({ spec }) => spec.requiresRepublish),
    text(
      'Modes',
      'Kinds of volumes it serves.',
      ({ spec }) => (spec.volumeLifecycleModes ?? []).join(',') || NONE,
    ),
    ageColumn,
  ],
})

const PERSISTENT: readonly string[] = Object.freeze(['Persistent'])

export interface CSIDriver extends Infer<typeof csiDriver> {}
export const csiDriver = struct(
  'storage/v1.CSIDriver',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(csiDriverSpec),
  }),
  'spec',
)

export interface CSIDriverSpec extends Infer<typeof csiDriverSpec> {}
export const csiDriverSpec = struct('storage/v1.CSIDriverSpec', () => ({
  attachRequired: kept(boolean),
  podInfoOnMount: kept(boolean),
  volumeLifecycleModes: list(string, { set: true }),
  storageCapacity: kept(boolean),
  fsGroupPolicy: kept(string),
  tokenRequests: list(tokenRequest),
  requiresRepublish: kept(boolean),
  seLinuxMount: kept(boolean),
  nodeAllocatableUpdatePeriodSeconds: kept(int64),
}))

export interface TokenRequest extends Infer<typeof tokenRequest> {}
export const tokenRequest = struct(
  'storage/v1.TokenRequest',
  () => ({
    audience: string,
    expirationSeconds: kept(int64),
  }),
  'audience',
)
