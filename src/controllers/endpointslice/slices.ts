/** How slices are told apart, and how a packing is written. */
import { EndpointSlice } from '../../api/discovery/endpoint-slice.ts'
import { isNotFound } from '../../api/errors.ts'
import { objectKey, type Stored } from '../../api/kind.ts'
import type { Client } from '../../client/client.ts'
import type { Packed } from './pack.ts'

export const SERVICE_NAME = 'kubernetes.io/service-name'
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'

/** Index of slices by the key of their Service. */
export const BY_SERVICE = 'service'

export function bySliceService(slice: EndpointSlice): readonly string[] {
  const name = slice.metadata?.labels?.[SERVICE_NAME]
  return name ? [objectKey({ namespace: slice.metadata?.namespace, name })] : []
}

/** @param written  is told of each one that is created or updated, as it is now */
export async function writeSlices(
  client: Client,
  { create, update, delete: doomed }: Packed,
  written: (slice: Stored<EndpointSlice>) => void = () => {},
): Promise<void> {
  for (const slice of create) written(await client.create(EndpointSlice, slice))
  for (const slice of update) written(await client.replace(EndpointSlice, slice))
  for (const { metadata } of doomed) {
    try {
      await client.delete(EndpointSlice, { namespace: metadata.namespace, name: metadata.name })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}
