/** Builders of the common kinds: a test says what it is about, the rest is filled in. */
import type { Deployment } from '../api/apps/deployment.ts'
import type { Job } from '../api/batch/job.ts'
import type { ConfigMap } from '../api/core/config-map.ts'
import type { Pod } from '../api/core/pod.ts'
import type { Secret } from '../api/core/secret.ts'
import type { Service } from '../api/core/service.ts'
import type { KubeObject } from '../api/kind.ts'

/** An object with methods that derive another one from it. The methods are not enumerable: it is sent as it is. */
export type Built<T extends KubeObject> = T & {
  with(change: DeepPartial<T>): Built<T>
  labels(labels: Readonly<Record<string, string>>): Built<T>
  annotations(annotations: Readonly<Record<string, string>>): Built<T>
  namespace(namespace: string): Built<T>
}

export type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> }
    : T

/** Gives any object the methods of a builder. */
export function build<T extends KubeObject>(object: T): Built<T> {
  const derive = (change: object) => build(merge(object, change) as T)
  return Object.freeze(
    Object.defineProperties(
      { ...object },
      {
        with: { value: derive },
        labels: { value: (labels: object) => derive({ metadata: { labels } }) },
        annotations: { value: (annotations: object) => derive({ metadata: { annotations } }) },
        namespace: { value: (namespace: string) => derive({ metadata: { namespace } }) },
      },
    ),
  ) as Built<T>
}

export function pod(name: string, image = 'nginx:1.27'): Built<Pod> {
  return build<Pod>({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: { containers: [{ name: 'main', image }] },
  })
}

export function deployment(
  name: string,
  { replicas = 1, image = 'nginx:1.27' }: { readonly replicas?: number; readonly image?: string } = {},
): Built<Deployment> {
  const labels = { app: name }
  return build<Deployment>({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } },
    },
  })
}

export function job(name: string, { completions = 1, image = 'busybox:1.37' } = {}): Built<Job> {
  return build<Job>({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: {
      completions,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] } },
    },
  })
}

export function service(name: string, port = 80): Built<Service> {
  return build<Service>({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: name }, ports: [{ port }] },
  })
}

export function configMap(name: string, data: Readonly<Record<string, string>> = {}): Built<ConfigMap> {
  return build<ConfigMap>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data,
  })
}

export function secret(name: string, stringData: Readonly<Record<string, string>> = {}): Built<Secret> {
  return build<Secret>({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    stringData,
  })
}

/** Objects merge field by field; lists and scalars are replaced. */
function merge(base: unknown, change: unknown): unknown {
  if (!isPlain(base) || !isPlain(change)) return change
  const merged: [string, unknown][] = Object.entries(base).filter(([key]) => !Object.hasOwn(change, key))
  for (const [key, value] of Object.entries(change)) {
    merged.push([key, Object.hasOwn(base, key) ? merge(base[key], value) : value])
  }
  return Object.fromEntries(merged)
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
