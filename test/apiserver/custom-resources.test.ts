/** CustomResourceDefinitions: kinds that come and go while the server runs. */
import { expect, test } from 'vitest'
import { CustomResourceDefinition } from '../../src/api/apiextensions/custom-resource-definition.ts'
import { ADMIN, type Harness, harness, refusal } from './harness.ts'

const WIDGETS = { group: 'example.com', version: 'v1', resource: 'widgets', namespaced: true }

function definition(kind = 'Widget', resource = 'widgets') {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${resource}.example.com` },
    spec: {
      group: 'example.com',
      names: { kind, plural: resource, singular: kind.toLowerCase(), shortNames: ['wd'] },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' },
          },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  required: ['size'],
                  properties: {
                    size: { type: 'integer', maximum: 10 },
                    color: { type: 'string', default: 'red' },
                  },
                },
                status: { type: 'object', properties: { size: { type: 'integer' } } },
              },
            },
          },
        },
      ],
    },
  } as unknown as CustomResourceDefinition
}

async function withWidgets(): Promise<Harness> {
  const h = harness()
  h.create(CustomResourceDefinition, definition())
  await h.loop.settle()
  return h
}

const widget = (name: string, spec: object) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
})

test('a definition is established and its kind is served', async () => {
  const { call, api, get } = await withWidgets()
  expect(get(CustomResourceDefinition, 'widgets.example.com')).toMatchObject({
    status: {
      acceptedNames: { plural: 'widgets', listKind: 'WidgetList' },
      conditions: [
        { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts' },
        { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
      ],
      storedVersions: ['v1'],
    },
  })
  expect(api.discovery.group('example.com')).toMatchObject({ name: 'example.com' })
  const body = widget('a', { size: 3, unknown: 1 })
  const made = call('create', WIDGETS, { namespace: 'default', body })
  expect(made).toMatchObject({ metadata: { generation: 1 }, spec: { size: 3, color: 'red' } })
  expect(made.spec).not.toHaveProperty('unknown')
})

test('objects are validated by the schema of their definition', async () => {
  const { call } = await withWidgets()
  const attempt = (spec: object) =>
    refusal(() => call('create', WIDGETS, { namespace: 'default', body: widget('a', spec) })).message
  expect(attempt({ size: 11 })).toBe(
    'Widget.example.com "a" is invalid: spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10',
  )
  expect(attempt({})).toContain('spec.size: Required value')
})

test('an update of a custom resource must say which version it changes', async () => {
  const { call } = await withWidgets()
  call('create', WIDGETS, { namespace: 'default', body: widget('a', { size: 1 }) })
  const status = refusal(() =>
    call('update', WIDGETS, { namespace: 'default', name: 'a', body: widget('a', { size: 2 }) }),
  )
  expect(status.message).toContain(
    'metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
  )
})

test('status and scale are subresources', async () => {
  const { call } = await withWidgets()
  const made = call('create', WIDGETS, { namespace: 'default', body: widget('a', { size: 1 }) })
  const at = { namespace: 'default', name: 'a' }
  const reported = call('update', WIDGETS, {
    ...at,
    subresource: 'status',
    body: { ...made, spec: { size: 9 }, status: { size: 1 } },
  })
  expect(reported).toMatchObject({ spec: { size: 1 }, status: { size: 1 }, metadata: { generation: 1 } })
  const scale = call('update', WIDGETS, {
    ...at,
    subresource: 'scale',
    body: { metadata: { name: 'a' }, spec: { replicas: 4 } },
  })
  expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 4 }, status: { replicas: 1 } })
  expect(call('get', WIDGETS, at)).toMatchObject({ spec: { size: 4 }, metadata: { generation: 2 } })
})

test('strategic merge patches are not for custom resources', async () => {
  const { call } = await withWidgets()
  call('create', WIDGETS, { namespace: 'default', body: widget('a', { size: 1 }) })
  const patch = (patchType: 'application/strategic-merge-patch+json' | 'application/merge-patch+json') => ({
    namespace: 'default',
    name: 'a',
    patchType,
    body: { spec: { size: 5 } },
  })
  expect(refusal(() => call('patch', WIDGETS, patch('application/strategic-merge-patch+json'))).code).toBe(
    415,
  )
  expect(call('patch', WIDGETS, patch('application/merge-patch+json'))).toMatchObject({ spec: { size: 5 } })
})

test('two definitions cannot have one name', async () => {
  const { create, get, loop } = await withWidgets()
  create(CustomResourceDefinition, definition('Widget', 'gadgets'))
  await loop.settle()
  expect(get(CustomResourceDefinition, 'gadgets.example.com')).toMatchObject({
    status: {
      conditions: [
        { type: 'NamesAccepted', status: 'False' },
        { type: 'Established', status: 'False' },
      ],
    },
  })
})

test('whoever relies on a conversion webhook is told that there is none', () => {
  const { request } = harness({ admission: undefined })
  const one = definition()
  const webhook = {
    conversionReviewVersions: ['v1'],
    clientConfig: { service: { namespace: 'default', name: 'convert' } },
  }
  const body = { ...one, spec: { ...one.spec, conversion: { strategy: 'Webhook', webhook } } }
  expect(request('create', CustomResourceDefinition, { body: body as never })).toMatchObject({
    code: 201,
    warnings: [expect.stringContaining('spec.conversion.webhook: is not called here')],
  })
})

test('a deleted definition takes its objects along', async () => {
  const { call, request, loop, store } = await withWidgets()
  call('create', WIDGETS, { namespace: 'default', body: widget('a', { size: 1 }) })
  call('delete', CustomResourceDefinition, { name: 'widgets.example.com' })
  await loop.settle()
  expect(request('get', CustomResourceDefinition, { name: 'widgets.example.com' }).code).toBe(404)
  expect(request('list', WIDGETS, { namespace: 'default' }).code).toBe(404)
  expect(store.count('/registry/example.com/widgets/')).toBe(0)
})

test('a definition that waits for its objects to go says so, and lets no new ones come', async () => {
  const { call, request, loop } = await withWidgets()
  const held = widget('held', { size: 1 })
  const metadata = { ...held.metadata, finalizers: ['example.com/held'] }
  call('create', WIDGETS, { namespace: 'default', body: { ...held, metadata } })
  const name = 'widgets.example.com'
  call('delete', CustomResourceDefinition, { name })
  await loop.settle()
  const { status } = call('get', CustomResourceDefinition, { name }) as CustomResourceDefinition
  expect(status?.conditions?.find((it) => it.type === 'Terminating')).toMatchObject({
    status: 'True',
    reason: 'InstanceDeletionInProgress',
    message: 'CustomResource deletion is in progress',
  })
  expect(request('create', WIDGETS, { namespace: 'default', body: widget('late', { size: 1 }) }).code).toBe(
    405,
  )
  const merge = { patchType: 'application/merge-patch+json' as const }
  call('patch', WIDGETS, {
    namespace: 'default',
    name: 'held',
    body: { metadata: { finalizers: null } },
    ...merge,
  })
  await loop.advance(2000)
  expect(request('get', CustomResourceDefinition, { name }).code).toBe(404)
})

test.each([
  ['self.spec.size >', ''],
  [
    'self.spec.size < 3 && self.metadata.name.matches("a") || self.spec.nosuch > 3',
    'ERROR: <input>:1:67: undefined field \'nosuch\'\n | self.spec.size < 3 && self.metadata.name.matches("a") || self.spec.nosuch > 3\n | ..................................................................^',
  ],
])('a rule that cannot be compiled is refused with its definition: %s', async (rule, problem) => {
  const h = harness({ admission: undefined })
  h.api.bootstrap()
  const body = definition()
  const schema = body.spec.versions[0]!.schema!.openAPIV3Schema as Record<string, unknown>
  schema['x-kubernetes-validations'] = [{ rule }]
  const { group, version, resource } = CustomResourceDefinition
  const request = { verb: 'create' as const, group, version, resource, body, user: ADMIN }
  const answer = h.api.handle(request)
  await h.loop.settle()
  const refused = await answer
  expect(refused).toMatchObject({ ok: false, code: 422 })
  expect(refused.ok ? '' : refused.status.message).toContain(
    `spec.versions[0].schema.openAPIV3Schema.x-kubernetes-validations[0].rule: Invalid value: ${JSON.stringify(rule)}: compilation failed: ${problem}`,
  )
})

test('names that another definition has are not accepted, until they are free', async () => {
  const h = await withWidgets()
  const { group, version, resource } = CustomResourceDefinition
  h.call('create', { group, version, resource, namespaced: false }, { body: definition('Other', 'others') })
  await h.loop.settle()
  expect(h.get(CustomResourceDefinition, 'others.example.com').status?.conditions).toMatchObject([
    {
      type: 'NamesAccepted',
      status: 'False',
      reason: 'ShortNamesConflict',
      message: '"wd" is already in use',
    },
    { type: 'Established', status: 'False', reason: 'NotAccepted' },
  ])
  h.call('delete', CustomResourceDefinition, { name: 'widgets.example.com' })
  await h.loop.settle()
  expect(h.get(CustomResourceDefinition, 'others.example.com').status?.conditions).toMatchObject([
    { type: 'NamesAccepted', status: 'True' },
    { type: 'Established', status: 'True' },
  ])
})
