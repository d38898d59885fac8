import { describe, expect, test } from 'vitest'
import { Endpoints } from '../../src/api/core/endpoints.ts'
import { Event } from '../../src/api/core/event.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { Service } from '../../src/api/core/service.ts'
import { type Endpoint, EndpointSlice } from '../../src/api/discovery/endpoint-slice.ts'
import type { Stored } from '../../src/api/kind.ts'
import { subsetsOf, truncate } from '../../src/controllers/endpoints/subsets.ts'
import { endpointOf, gatherEndpoints } from '../../src/controllers/endpointslice/endpoints.ts'
import { pack, type Slice, sliceToFill } from '../../src/controllers/endpointslice/pack.ts'
import { vectors } from './vectors.ts'
import { template, World } from './world.ts'

const meta = (name: string) => ({
  name,
  namespace: 'default',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '',
})
const LABELS = { 'kubernetes.io/service-name': 'web' }
const PORTS = [{ name: '', protocol: 'TCP', port: 80 }]

function service(more: object = {}): Stored<Service> {
  return {
    metadata: meta('web'),
    spec: { selector: { app: 'web' }, clusterIP: '10.96.0.9', ports: [{ port: 80 }], ...more },
  }
}

function pod(
  name: string,
  ready: boolean,
  more: { terminating?: boolean; ip?: string; spec?: object } = {},
): Stored<Pod> {
  return {
    metadata: {
      ...meta(name),
      labels: { app: 'web' },
      ...(more.terminating && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: { containers: [], nodeName: 'node-1', ...more.spec },
    status: {
      phase: 'Running',
      podIP: more.ip ?? '10.244.0.1',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  }
}

for (const group of ['podToEndpoint', 'podToEndpointMore']) {
  vectors('endpointslice', group, ({ input, expect: want }) => {
    const s = service({ publishNotReadyAddresses: input.publishNotReadyAddresses })
    const endpoint = endpointOf(
      s,
      pod('p', input.podReady, { terminating: input.terminating }),
      undefined,
      'IPv4',
    )
    expect(endpoint.conditions).toEqual(want)
  })
}

function endpoint(i: number): Endpoint {
  return {
    addresses: [`10.1.${i >> 8}.${i & 255}`],
    targetRef: { kind: 'Pod', name: `p${i}`, namespace: 'default' },
  }
}

vectors('endpointslice', 'packing', ({ input, expect: want }) => {
  const endpoints = Array.from({ length: input.pods }, (_, i) => endpoint(i))
  let next = 0
  const existing = input.existing.map(
    (count: number, i: number): Slice => ({
      metadata: { ...meta(`web-${i}`), labels: LABELS },
      addressType: 'IPv4',
      ports: input.allChanged ? [{ name: '', protocol: 'TCP', port: 81 }] : PORTS,
      endpoints: endpoints.slice(next, (next += count)),
    }),
  )
  const packed = pack({
    groups: [{ addressType: 'IPv4', ports: PORTS, endpoints }],
    placeholders: ['IPv4'],
    existing,
    maxPerSlice: input.maxPerSlice,
    isOwn: () => true,
    labels: LABELS,
    fresh: ({ addressType, ports }, list) => ({ addressType, ports, endpoints: list }),
  })
  expect(packed.delete).toHaveLength(want.deletes ?? 0)
  expect(packed.create).toHaveLength(want.creates)
  expect(packed.update).toHaveLength(want.updates)
  const gone = new Set(packed.delete.map((it) => it.metadata.name))
  const after = existing
    .filter((slice: Slice) => !gone.has(slice.metadata.name))
    .map((slice: Slice) => packed.update.find((it) => it.metadata.name === slice.metadata.name) ?? slice)
  const lengths = [...after, ...packed.create].map((it) => it.endpoints.length)
  const descending = (list: number[]) => [...list].sort((a, b) => b - a)
  expect(descending(lengths)).toEqual(descending(want.lengths))
})

vectors('endpointslice', 'getSliceToFill', ({ input, expect: want }) => {
  const slices = input.existing.map((count: number) => ({
    endpoints: Array.from({ length: count }, (_, i) => endpoint(i)),
  }))
  const found = sliceToFill(slices, input.toAdd, input.max)
  expect(found === undefined ? null : slices.indexOf(found)).toBe(want.fill)
})

test('a port by name may have another number on each pod: other slices', () => {
  const named = (name: string, containerPort: number) =>
    pod(name, true, { spec: { containers: [{ name: 'c', ports: [{ name: 'http', containerPort }] }] } })
  const s = service({ ports: [{ port: 80, targetPort: 'http' }] })
  const { groups } = gatherEndpoints(s, [named('a', 8080), named('b', 9090)], () => ({ spec: {} }))
  expect(groups.map((it) => it.ports[0]?.port)).toEqual([8080, 9090])
})

test('pods on unknown nodes are left out and named', () => {
  const { groups, unknownNodes } = gatherEndpoints(service(), [pod('a', true)], () => undefined)
  expect(groups[0]?.endpoints).toEqual([])
  expect(unknownNodes).toEqual(['a on node-1'])
})

test('Endpoints know ready and other addresses, and drop terminating ones', () => {
  const pods = [
    pod('a', true, { ip: '10.0.0.2' }),
    pod('b', false, { ip: '10.0.0.1' }),
    pod('c', true, { terminating: true }),
  ]
  expect(subsetsOf(service(), pods)).toMatchObject([
    {
      addresses: [{ ip: '10.0.0.2' }],
      notReadyAddresses: [{ ip: '10.0.0.1' }],
      ports: [{ port: 80, protocol: 'TCP' }],
    },
  ])
})

test('a thousand addresses are the most; ready ones are kept', () => {
  const pods = Array.from({ length: 1200 }, (_, i) =>
    pod(`p${i}`, i < 900, { ip: `10.0.${i >> 8}.${i & 255}` }),
  )
  const { subsets, truncated } = truncate(subsetsOf(service(), pods))
  expect(truncated).toBe(true)
  expect(subsets[0]?.addresses).toHaveLength(900)
  expect(subsets[0]?.notReadyAddresses).toHaveLength(100)
})

describe('through the API', () => {
  const web = (more: object = {}, name = 'web'): Service => ({
    metadata: { name, namespace: 'default', labels: { tier: 'front' } },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...more },
  })
  const start = (world: World, name: string) =>
    world.create(Pod, {
      metadata: { name, namespace: 'default', labels: { app: 'web' } },
      spec: template({}).spec,
    })
  const slicesOf = async (world: World) =>
    (await world.list(EndpointSlice)).filter(
      (it) => it.metadata.labels?.['kubernetes.io/service-name'] === 'web',
    )

  test('slices and Endpoints follow the pods of a Service, and go with it', async () => {
    const world = await World.create()
    await world.create(Service, web())
    await world.settle()
    expect((await slicesOf(world)).map((it) => it.endpoints?.length ?? 0)).toEqual([0])
    await start(world, 'a')
    await start(world, 'b')
    await world.settle()
    const [slice] = await slicesOf(world)
    expect(slice?.metadata.labels).toEqual({
      tier: 'front',
      'kubernetes.io/service-name': 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    })
    expect(
      slice?.endpoints.map((it) => `${it.targetRef?.name} ${it.conditions?.ready} ${it.nodeName}`),
    ).toEqual(['a true node-1', 'b true node-2'])
    expect((await world.get(Endpoints, 'web')).subsets?.[0]?.addresses).toHaveLength(2)
    // Since when there was something to tell: the pods' becoming ready.
    const becameReady = (await world.pods()).map(
      (it) => it.status?.conditions?.find((cond) => cond.type === 'Ready')?.lastTransitionTime,
    )
    const told = 'endpoints.kubernetes.io/last-change-trigger-time'
    for (const it of [slice!, await world.get(Endpoints, 'web')])
      expect(becameReady).toContain(it.metadata.annotations?.[told])
    await world.delete(Pod, 'a')
    await world.settle()
    expect((await slicesOf(world))[0]?.endpoints).toHaveLength(1)
    // That a pod went has no such time.
    expect((await slicesOf(world))[0]?.metadata.annotations?.[told]).toBeUndefined()
    await world.delete(Service, 'web')
    await world.settle()
    expect(await slicesOf(world)).toEqual([])
    expect((await world.list(Endpoints)).map((it) => it.metadata.name)).not.toContain('web')
  })

  test('Endpoints written by hand are mirrored', async () => {
    const world = await World.create()
    await world.create(Service, web({ selector: undefined }))
    const annotations = { mine: 'x', 'kubectl.kubernetes.io/last-applied-configuration': '{}' }
    await world.create(Endpoints, {
      metadata: { name: 'web', namespace: 'default', annotations },
      subsets: [
        {
          addresses: [{ ip: '192.0.2.1' }],
          notReadyAddresses: [{ ip: '2001:db8::1' }],
          ports: [{ port: 80 }],
        },
      ],
    })
    const many = Array.from({ length: 1002 }, (_, i) => ({ ip: `192.0.${2 + (i >> 8)}.${i & 255}` }))
    await world.create(Service, web({ selector: undefined }, 'many'))
    await world.create(Endpoints, {
      metadata: { name: 'many', namespace: 'default' },
      subsets: [{ addresses: many, ports: [{ port: 80 }] }],
    })
    await world.settle()
    expect((await world.list(Event)).map((it) => it.message)).toContain(
      'A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 2 addresses were skipped',
    )
    const slices = await slicesOf(world)
    expect(
      slices
        .map((it) => `${it.addressType} ${it.endpoints[0]?.addresses} ${it.endpoints[0]?.conditions?.ready}`)
        .sort(),
    ).toEqual(['IPv4 192.0.2.1 true', 'IPv6 2001:db8::1 false'])
    expect(slices[0]?.metadata.annotations).toEqual({ mine: 'x' })
  })

  test('Endpoints written by hand go with their Service, not before there is one', async () => {
    const world = await World.create()
    await world.create(Endpoints, { metadata: { name: 'web', namespace: 'default' } })
    await world.settle()
    await world.create(Service, web({ selector: undefined }))
    await world.settle()
    const names = async () => (await world.list(Endpoints)).map((it) => it.metadata.name)
    expect(await names()).toContain('web')
    await world.delete(Service, 'web')
    await world.settle()
    expect(await names()).not.toContain('web')
  })
})

test('a cache of slices that lags is waited for, and nobody is told of a conflict', async () => {
  const world = await World.create({ controllers: '*,-endpoints-controller' })
  const link = world.harness.network.link('kube-controller-manager')
  const add = (name: string) =>
    world.create(Pod, {
      metadata: { name, namespace: 'default', labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'ok' }] },
    })
  await world.create(Service, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  })
  await add('web-1')
  await world.advance(10)
  link.hold('endpointslices')
  for (const name of ['web-2', 'web-3', 'web-4']) {
    await add(name)
    await world.advance(5)
  }
  link.release()
  await world.advance(60)
  const slices = (await world.list(EndpointSlice)).filter((it) => it.metadata.name.startsWith('web-'))
  expect(slices.map((it) => it.endpoints?.length)).toEqual([4])
  const reasons = (await world.list(Event)).map((it) => it.reason)
  expect(reasons).not.toContain('FailedToUpdateEndpointSlices')
})
