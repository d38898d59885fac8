/** What files a configMap, secret, downwardAPI or projected volume holds (upstream: pkg/volume/projected and kin). */
import { ConfigMap } from '../../api/core/config-map.ts'
import type { Pod } from '../../api/core/pod.ts'
import { Secret } from '../../api/core/secret.ts'
import type { Volume } from '../../api/core/volume.ts'
import { type DownwardNode, fieldValue, resourceValue } from '../downward.ts'
import type { ProjectedFile } from './atomic-writer.ts'
import { decodeBase64 } from './base64.ts'

export type ObjectKind = typeof ConfigMap | typeof Secret

export interface ObjectSource {
  readonly kind: ObjectKind
  readonly name: string
  readonly optional: boolean
  readonly items:
    | readonly { readonly key?: string; readonly path?: string; readonly mode?: number }[]
    | undefined
}

export interface DownwardSource {
  readonly items: readonly {
    readonly path?: string
    readonly fieldRef?: { readonly fieldPath: string }
    readonly resourceFieldRef?: {
      readonly resource: string
      readonly divisor?: string
      readonly containerName?: string
    }
    readonly mode?: number
  }[]
}

export interface TokenSource {
  readonly audience: string | undefined
  readonly expirationSeconds: number
  readonly path: string
}

/** One volume as a list of sources with a default mode; undefined when it is of another type. */
export interface Projection {
  readonly defaultMode: number
  readonly objects: readonly ObjectSource[]
  readonly downward: readonly DownwardSource[]
  readonly tokens: readonly TokenSource[]
}

export function projectionOf(volume: Volume): Projection | undefined {
  const { configMap, secret, downwardAPI, projected } = volume
  const nothing = { objects: [], downward: [], tokens: [] }
  if (configMap !== undefined) {
    const { name = '', optional = false, items, defaultMode = 0o644 } = configMap
    return { ...nothing, defaultMode, objects: [{ kind: ConfigMap, name, optional, items }] }
  }
  if (secret !== undefined) {
    const { secretName = '', optional = false, items, defaultMode = 0o644 } = secret
    return { ...nothing, defaultMode, objects: [{ kind: Secret, name: secretName, optional, items }] }
  }
  if (downwardAPI !== undefined) {
    return {
      ...nothing,
      defaultMode: downwardAPI.defaultMode ?? 0o644,
      downward: [{ items: downwardAPI.items ?? [] }],
    }
  }
  if (projected === undefined) return undefined
  const objects: ObjectSource[] = []
  const downward: DownwardSource[] = []
  const tokens: TokenSource[] = []
  for (const source of projected.sources ?? []) {
    if (source.configMap !== undefined) {
      const { name = '', optional = false, items } = source.configMap
      objects.push({ kind: ConfigMap, name, optional, items })
    }
    if (source.secret !== undefined) {
      const { name = '', optional = false, items } = source.secret
      objects.push({ kind: Secret, name, optional, items })
    }
    if (source.downwardAPI !== undefined) downward.push({ items: source.downwardAPI.items ?? [] })
    if (source.serviceAccountToken !== undefined) {
      const { audience, expirationSeconds = 3600, path } = source.serviceAccountToken
      tokens.push({ audience, expirationSeconds, path })
    }
  }
  return { defaultMode: projected.defaultMode ?? 0o644, objects, downward, tokens }
}

/** What every namespace has, put there by the root-ca-cert-publisher. */
export const ROOT_CA = 'kube-root-ca.crt'

/** The service account's volume as admission adds it: a token, the root certificate and the namespace. */
export function isAccountProjection({ objects, downward, tokens }: Projection): boolean {
  return (
    tokens.length > 0 &&
    objects.every((it) => it.name === ROOT_CA) &&
    downward.every((it) => it.items.every((item) => item.fieldRef?.fieldPath === 'metadata.namespace'))
  )
}

const onlyAccount = new WeakMap<readonly Volume[], boolean>()

/** Whether a pod has no volumes but its service account's; asked once for all pods that share the list. */
export function hasOnlyAccountVolumes(volumes: readonly Volume[]): boolean {
  let only = onlyAccount.get(volumes)
  if (only === undefined) {
    only = volumes.every((it) => {
      const projection = projectionOf(it)
      return projection !== undefined && isAccountProjection(projection)
    })
    onlyAccount.set(volumes, only)
  }
  return only
}

/** Adds an object's files; the text returned is why that cannot be. */
export function projectObject(
  files: Map<string, ProjectedFile>,
  source: ObjectSource,
  object: ConfigMap | Secret | undefined,
  defaultMode: number,
): string | undefined {
  if (object === undefined) {
    if (source.optional) return undefined
    return `${source.kind.kind.toLowerCase()} "${source.name}" not found`
  }
  const data = new Map<string, string | Uint8Array>()
  if (source.kind === (Secret as ObjectKind)) {
    for (const [key, value] of Object.entries(object.data ?? {})) data.set(key, decodeBase64(value))
  } else {
    for (const [key, value] of Object.entries(object.data ?? {})) data.set(key, value)
    for (const [key, value] of Object.entries((object as ConfigMap).binaryData ?? {}))
      data.set(key, decodeBase64(value))
  }
  if (source.items === undefined || source.items.length === 0) {
    for (const [key, content] of data) files.set(key, { content, mode: defaultMode })
    return undefined
  }
  for (const { key = '', path = key, mode = defaultMode } of source.items) {
    const content = data.get(key)
    if (content !== undefined) files.set(path, { content, mode })
    else if (!source.optional) {
      return source.kind === (Secret as ObjectKind)
        ? `references non-existent secret key: ${key}`
        : `configmap references non-existent config key: ${key}`
    }
  }
  return undefined
}

export function projectDownward(
  files: Map<string, ProjectedFile>,
  source: DownwardSource,
  pod: Pod,
  node: DownwardNode,
  defaultMode: number,
): string | undefined {
  for (const { path = '', fieldRef, resourceFieldRef, mode = defaultMode } of source.items) {
    if (fieldRef !== undefined) {
      const content = fieldValue(fieldRef.fieldPath, pod, node)
      if (content === undefined) return `unsupported fieldPath: ${fieldRef.fieldPath}`
      files.set(path, { content, mode })
    } else if (resourceFieldRef !== undefined) {
      const { resource, divisor, containerName } = resourceFieldRef
      const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(
        (it) => it.name === containerName,
      )
      if (container === undefined) return `container ${containerName} not found`
      const content = resourceValue(resource, divisor, container, node.allocatable)
      if (content === undefined) return `unsupported container resource : ${resource}`
      files.set(path, { content, mode })
    }
  }
  return undefined
}
