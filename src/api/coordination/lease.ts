/** A lease: a heartbeat, or a claim to leadership that runs out. */
import { ageColumn, nameColumn, text } from '../columns.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { filled, type Infer, int32, kept, microTime, string, struct } from '../schema.ts'

export const Lease = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  resource: 'leases',
  singular: 'lease',
  namespaced: true,
  schema: () => lease,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: false,
  heartbeat: true,
  createOnUpdate: true,
  storagePrefix: 'leases',
  validate(object, errors) {
    errors.at('spec', () => {
      const { leaseDurationSeconds, leaseTransitions, holderIdentity } = object.spec ?? {}
      if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
        errors.invalid('leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0')
      }
      if (leaseTransitions !== undefined && leaseTransitions < 0) {
        errors.invalid('leaseTransitions', leaseTransitions, 'must be greater than or equal to 0')
      }
      if (holderIdentity === '') errors.invalid('holderIdentity', '', 'must not be empty')
    })
  },
  columns: [nameColumn, text('Holder', 'Who holds it.', ({ spec }) => spec?.holderIdentity ?? ''), ageColumn],
})

export interface Lease extends Infer<typeof lease> {}
export const lease = struct(
  'coordination/v1.Lease',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(leaseSpec),
  }),
  'spec',
)

export interface LeaseSpec extends Infer<typeof leaseSpec> {}
export const leaseSpec = struct('coordination/v1.LeaseSpec', () => ({
  holderIdentity: kept(string),
  leaseDurationSeconds: kept(int32),
  acquireTime: microTime,
  renewTime: microTime,
  leaseTransitions: kept(int32),
  strategy: kept(string),
  preferredHolder: kept(string),
}))
