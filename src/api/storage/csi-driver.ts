/** What a CSI driver installed in the cluster can do. */
import { ageColumn, flag, NONE, nameColumn, text, UNSET } from '../columns.ts'
import type { FieldErrors } from '../field-errors.ts'
import { fill, mapField } from '../fill.ts'
import { GoValue, goList } from '../go-syntax.ts'
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
        ['File', 'None', 'ReadWriteOnceWithFSType'],
        errors,
      )
      validateTokenRequests(object.spec.tokenRequests, errors)
      for (const mode of object.spec.volumeLifecycleModes ?? []) {
        if (!MODES.includes(mode)) errors.notSupported('volumeLifecycleModes', mode, MODES)
      }
    })
  },
  validateUpdate(object, old, errors) {
    errors.at('spec', () => {
      validateImmutable(object.spec.attachRequired, old.spec.attachRequired, 'attachedRequired', errors)
      validateImmutable(
        object.spec.volumeLifecycleModes,
        old.spec.volumeLifecycleModes,
        'volumeLifecycleModes',
        errors,
        (modes) => new GoValue(goList(modes, 'storage.VolumeLifecycleMode')),
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

const MODES = ['Persistent', 'Ephemeral']

/** The audience of a token names it; a token lasts ten minutes or more. */
function validateTokenRequests(requests: readonly TokenRequest[] | undefined, errors: FieldErrors): void {
  errors.each('tokenRequests', requests, ({ audience, expirationSeconds: seconds = 600 }, index) => {
    if (requests?.some((it, earlier) => earlier < index && it.audience === audience)) {
      errors.duplicate('audience', audience)
    } else if (seconds < 600) {
      errors.invalid('expirationSeconds', seconds, 'may not specify a duration less than 10 minutes')
    } else if (seconds > 2 ** 32) {
      errors.invalid('expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds')
    }
  })
}

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
