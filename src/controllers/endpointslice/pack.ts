/**
 * Puts endpoints into slices with as few writes as possible: what is in place stays, gaps are filled where a write
 * happens anyway, and nothing is ever moved to even things out (k8s.io/endpointslice/reconciler.go).
 */
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/discovery/endpoint-slice.ts'
import type { Stored } from '../../api/kind.ts'
import { semanticEqual } from '../shared/semantic-equal.ts'
import { portsKey } from './endpoints.ts'

export type Slice = Stored<EndpointSlice>

/** Endpoints of one address family and one set of ports. */
export interface EndpointGroup {
  readonly addressType: string
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

export interface PackRequest {
  readonly groups: readonly EndpointGroup[]
  /** Families of which there is always at least one slice, empty if need be. */
  readonly placeholders: readonly string[]
  readonly existing: readonly Slice[]
  readonly maxPerSlice: number
  /** False for slices of an earlier owner of the same name: they go. */
  isOwn(slice: Slice): boolean
  /** As it should be, for the present owner. */
  labels: Readonly<Record<string, string>>
  /** A slice to be created. */
  fresh(group: Omit<EndpointGroup, 'endpoints'>, endpoints: readonly Endpoint[]): EndpointSlice
}

export interface Packed {
  readonly create: readonly EndpointSlice[]
  readonly update: readonly Slice[]
  readonly delete: readonly Slice[]
}

export function pack(request: PackRequest): Packed {
  const create: EndpointSlice[] = []
  const update: Slice[] = []
  const doomed = request.existing.filter((it) => !request.isOwn(it))
  const own = request.existing.filter((it) => request.isOwn(it))
  const groupKey = (it: { addressType: string; ports?: readonly EndpointPort[] }) =>
    `${it.addressType} ${portsKey(it.ports)}`
  const wanted = new Set(request.groups.map(groupKey))
  for (const group of request.groups) {
    const packed = packGroup(
      request,
      group,
      own.filter((it) => groupKey(it) === groupKey(group)),
    )
    create.push(...packed.create)
    update.push(...packed.update)
    doomed.push(...packed.delete)
  }
  doomed.push(...own.filter((it) => !wanted.has(groupKey(it))))
  for (const addressType of request.placeholders) addPlaceholder(request, addressType, create, doomed)
  return reuse(request, { create, update, delete: doomed })
}

function packGroup(request: PackRequest, group: EndpointGroup, slices: readonly Slice[]): Packed {
  const left = new Map(group.endpoints.map((it) => [keyOf(it), it]))
  const unchanged: Slice[] = []
  const changed: Slice[] = []
  const empty: Slice[] = []
  for (const slice of slices) {
    const { endpoints, updated } = keepDesired(slice, left)
    const labeled = semanticEqual(slice.metadata.labels, request.labels)
    if (updated || endpoints.length !== slice.endpoints.length) {
      if (endpoints.length === 0) empty.push(slice)
      else changed.push(withEndpoints(slice, endpoints, request.labels))
    } else if (labeled) unchanged.push(slice)
    else changed.push(withEndpoints(slice, slice.endpoints, request.labels))
  }
  const rest = [...left.values()]
  const filled = [...changed]
    .sort((a, b) => b.endpoints.length - a.endpoints.length)
    .map((it) =>
      withEndpoints(
        it,
        [...it.endpoints, ...take(rest, request.maxPerSlice - it.endpoints.length)],
        request.labels,
      ),
    )
  const create: EndpointSlice[] = []
  while (rest.length > 0) {
    const target =
      rest.length < request.maxPerSlice ? sliceToFill(unchanged, rest.length, request.maxPerSlice) : undefined
    if (target === undefined) create.push(request.fresh(group, take(rest, request.maxPerSlice)))
    else {
      unchanged.splice(unchanged.indexOf(target), 1)
      filled.push(withEndpoints(target, [...target.endpoints, ...take(rest, rest.length)], request.labels))
    }
  }
  return { create, update: filled, delete: empty }
}

/** The slice that ends up closest to full. */
export function sliceToFill<T extends Pick<EndpointSlice, 'endpoints'>>(
  slices: readonly T[],
  count: number,
  maxPerSlice: number,
): T | undefined {
  let best: T | undefined
  let gap = maxPerSlice
  for (const slice of slices) {
    const after = maxPerSlice - (count + slice.endpoints.length)
    if (after < 0 || after >= gap) continue
    best = slice
    gap = after
  }
  return best
}

function keepDesired(slice: Slice, left: Map<string, Endpoint>) {
  const endpoints: Endpoint[] = []
  let updated = false
  for (const endpoint of slice.endpoints) {
    const wanted = left.get(keyOf(endpoint))
    if (wanted === undefined) continue
    endpoints.push(wanted)
    if (!semanticEqual(wanted, endpoint)) updated = true
    left.delete(keyOf(endpoint))
  }
  return { endpoints, updated }
}

/** What makes two endpoints the same one. */
function keyOf({ addresses, hostname, targetRef }: Endpoint): string {
  return `${addresses.join(',')} ${hostname ?? ''} ${targetRef?.namespace ?? ''}/${targetRef?.name ?? ''}`
}

/** Without any endpoint there is still one slice, without ports. One that exists already is kept. */
function addPlaceholder(
  request: PackRequest,
  addressType: string,
  create: EndpointSlice[],
  doomed: Slice[],
): void {
  const ofType = (it: EndpointSlice) => it.addressType === addressType
  if (create.some(ofType) || request.existing.some((it) => ofType(it) && !doomed.includes(it))) return
  const placeholder = request.fresh({ addressType, ports: [] }, [])
  const going = doomed.filter(ofType)
  const only = going[0]
  const same =
    going.length === 1 &&
    only !== undefined &&
    request.isOwn(only) &&
    only.endpoints.length === 0 &&
    (only.ports ?? []).length === 0 &&
    semanticEqual(only.metadata.labels, request.labels)
  if (same) doomed.splice(doomed.indexOf(only), 1)
  else create.push(placeholder)
}

/** A create and a delete make one update. */
function reuse(request: PackRequest, packed: Packed): Packed {
  const create = [...packed.create]
  const update = [...packed.update]
  const kept: Slice[] = []
  for (const slice of packed.delete) {
    const next = create.at(-1)
    if (next === undefined || next.addressType !== slice.addressType || !request.isOwn(slice)) {
      kept.push(slice)
      continue
    }
    create.pop()
    update.push({
      ...slice,
      metadata: { ...slice.metadata, labels: request.labels },
      endpoints: next.endpoints,
      ports: next.ports,
    })
  }
  return { create, update, delete: kept }
}

function withEndpoints(
  slice: Slice,
  endpoints: readonly Endpoint[],
  labels: Readonly<Record<string, string>>,
): Slice {
  return { ...slice, metadata: { ...slice.metadata, labels }, endpoints }
}

function take(from: Endpoint[], count: number): Endpoint[] {
  return from.splice(0, Math.max(0, count))
}
