/** Kinds of one's own for tests: what a CustomResourceDefinition would serve, without its schema. */
import { defineKind, type KindDefinition, type KubeObject } from '../api/kind.ts'
import { objectMeta } from '../api/meta/object-meta.ts'
import { filled, json, string, struct } from '../api/schema.ts'

/** An object of a kind of one's own; `status` is written through `/status`. */
export interface CustomObject<Spec, Status> extends KubeObject {
  readonly spec: Spec
  readonly status?: Status
}

/**
 * Declares a kind whose spec and status may hold anything: `customKind<SiteSpec, SiteStatus>('example.com/v1', 'Site')`.
 * @param options `plural` when it is not the lower-case kind with an `s`; `namespaced` default true
 */
export function customKind<Spec, Status = Record<string, never>>(
  apiVersion: string,
  kind: string,
  options: { readonly plural?: string; readonly namespaced?: boolean } = {},
): KindDefinition<CustomObject<Spec, Status>> {
  const [group = '', version = 'v1'] = apiVersion.split('/')
  const schema = struct(`${apiVersion}.${kind}`, () => ({
    apiVersion: string,
    kind: string,
    metadata: filled(objectMeta),
    spec: json,
    status: json,
  }))
  const singular = kind.toLowerCase()
  return defineKind<CustomObject<Spec, Status>>({
    group,
    version,
    kind,
    resource: options.plural ?? `${singular}s`,
    singular,
    namespaced: options.namespaced ?? true,
    schema: () => schema as never,
    nameRule: 'dns1123Subdomain',
    generation: true,
    status: true,
    unconditionalUpdate: false,
  })
}
