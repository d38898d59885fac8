/** One allocated service address and the object it belongs to. */
import { ageColumn, NONE, nameColumn, text } from '../columns.ts'
import { isIp } from '../core/ip.ts'
import { NO_IP } from '../core/pod-spec-validation.ts'
import { defineKind } from '../kind.ts'
import { objectMeta } from '../meta/object-meta.ts'
import { validateImmutable } from '../meta/validation.ts'
import { filled, type Infer, string, struct } from '../schema.ts'

export const IPAddress = defineKind<IPAddress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  resource: 'ipaddresses',
  singular: 'ipaddress',
  shortNames: ['ip'],
  namespaced: false,
  schema: () => ipAddress,
  nameRule: 'dns1123Subdomain',
  generation: false,
  status: false,
  unconditionalUpdate: true,
  validate(object, errors) {
    const { name = '' } = object.metadata ?? {}
    if (!isIp(name)) errors.at('metadata', () => errors.invalid('name', name, NO_IP))
    errors.at('spec', () => {
      if (object.spec?.parentRef === undefined) errors.required('parentRef')
    })
  },
  validateUpdate(object, old, errors) {
    errors.at('spec', () =>
      validateImmutable(object.spec?.parentRef, old.spec?.parentRef, 'parentRef', errors),
    )
  },
  columns: [
    nameColumn,
    text('ParentRef', 'The object that has it.', ({ spec }) => {
      const it = spec?.parentRef
      if (it === undefined) return NONE
      const kind = it.group ? `${it.resource}.${it.group}` : it.resource
      return [kind, it.namespace, it.name].filter((part) => part).join('/')
    }),
    ageColumn,
  ],
})

export interface IPAddress extends Infer<typeof ipAddress> {}
export const ipAddress = struct(
  'networking/v1.IPAddress',
  () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: filled(ipAddressSpec),
  }),
  'spec',
)

export interface IPAddressSpec extends Infer<typeof ipAddressSpec> {}
export const ipAddressSpec = struct(
  'networking/v1.IPAddressSpec',
  () => ({
    parentRef: parentReference,
  }),
  'parentRef',
)

export interface ParentReference extends Infer<typeof parentReference> {}
export const parentReference = struct(
  'networking/v1.ParentReference',
  () => ({
    group: string,
    resource: string,
    namespace: string,
    name: string,
  }),
  'resource',
  'name',
)
