/**
 * What the API server fills in where a pod, or a template of pods, says nothing.
 * Upstream: pkg/apis/core/v1/defaults.go.
 */
import { completed, fill, mapField, mapList, memoByReference } from '../fill.ts'
import { setOwn } from '../own.ts'
import type {
  Container,
  ContainerPort,
  EnvVar,
  EphemeralContainer,
  ResourceRequirements,
} from './container.ts'
import type { PodSpec } from './pod-spec.ts'
import type { PodTemplateSpec } from './pod-template.ts'
import type { HTTPGetAction, Lifecycle, Probe } from './probe.ts'
import type { Volume } from './volume.ts'

/** Templates, and everything that pods share with them. Pods of one template share the result. */
export const defaultPodTemplate = memoByReference(
  (template: PodTemplateSpec): PodTemplateSpec => mapField(template, 'spec', defaultPodSpec),
)

/** Memoised by reference. */
export const defaultPodSpec = memoByReference((spec: PodSpec) => completeSpec(spec, false))

/** Pods proper get a little more than templates. Memoised by reference. */
export const defaultSpecOfPod = memoByReference((spec: PodSpec) => completeSpec(spec, true))

const NO_SECURITY_CONTEXT = Object.freeze({})

/** Everything in one pass and one copy: this is on the road of every pod. */
function completeSpec(spec: PodSpec, isPod: boolean): PodSpec {
  const hostPorts = isPod && spec.hostNetwork === true
  const complete = (container: Container) => defaultContainer(container, isPod, hostPorts)
  // The deprecated name of the field is kept in step with the current one.
  const account = spec.serviceAccountName ?? spec.serviceAccount
  return completed(spec, {
    dnsPolicy: spec.dnsPolicy ?? 'ClusterFirst',
    restartPolicy: spec.restartPolicy ?? 'Always',
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
    schedulerName: spec.schedulerName ?? 'default-scheduler',
    securityContext: spec.securityContext ?? NO_SECURITY_CONTEXT,
    serviceAccountName: account,
    serviceAccount: account,
    enableServiceLinks: spec.enableServiceLinks ?? (isPod ? true : undefined),
    containers: spec.containers && mapList(spec.containers, complete),
    initContainers: spec.initContainers && mapList(spec.initContainers, complete),
    ephemeralContainers:
      spec.ephemeralContainers &&
      mapList(spec.ephemeralContainers, (it) => defaultContainer(it, false, false)),
    volumes: spec.volumes && mapList(spec.volumes, defaultVolume),
  })
}

function defaultContainer<T extends Container | EphemeralContainer>(
  given: T,
  isPod: boolean,
  hostPorts: boolean,
): T {
  const container: Container = given
  const { ports, env, livenessProbe, readinessProbe, startupProbe, lifecycle, resources } = container
  return completed<Container>(container, {
    imagePullPolicy: container.imagePullPolicy ?? pullPolicyOf(container.image ?? ''),
    terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy ?? 'File',
    ports: ports && mapList(ports, hostPorts ? defaultHostPort : defaultPort),
    env: env && mapList(env, defaultEnvVar),
    livenessProbe: livenessProbe && defaultProbe(livenessProbe),
    readinessProbe: readinessProbe && defaultProbe(readinessProbe),
    startupProbe: startupProbe && defaultProbe(startupProbe),
    lifecycle: lifecycle && defaultLifecycle(lifecycle),
    resources: isPod && resources ? requestsFromLimits(resources) : resources,
  }) as T
}

function defaultPort(port: ContainerPort): ContainerPort {
  return port.protocol === undefined ? Object.freeze({ ...port, protocol: 'TCP' }) : port
}

/** With the node's own network, a port is the same outside and inside. */
function defaultHostPort(port: ContainerPort): ContainerPort {
  const complete = defaultPort(port)
  return port.containerPort ? fill(complete, { hostPort: port.containerPort }) : complete
}

function defaultEnvVar(variable: EnvVar): EnvVar {
  return variable.valueFrom?.fieldRef === undefined
    ? variable
    : mapField(variable, 'valueFrom', (source) => mapField(source, 'fieldRef', defaultFieldRef))
}

/** Always for `latest` and for images without tag or digest. */
export function pullPolicyOf(image: string): string {
  if (image.includes('@')) return 'IfNotPresent'
  const tag = /:([^/:]+)$/.exec(image)?.[1]
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function defaultProbe(probe: Probe): Probe {
  const { httpGet, grpc } = probe
  return completed(probe, {
    timeoutSeconds: probe.timeoutSeconds ?? 1,
    periodSeconds: probe.periodSeconds ?? 10,
    successThreshold: probe.successThreshold ?? 1,
    failureThreshold: probe.failureThreshold ?? 3,
    httpGet: httpGet && defaultHttpGet(httpGet),
    grpc: grpc && fill(grpc, { service: '' }),
  })
}

function defaultHttpGet(action: HTTPGetAction): HTTPGetAction {
  return fill(action, { path: '/', scheme: 'HTTP' })
}

function defaultLifecycle(given: Lifecycle): Lifecycle {
  const lifecycle = mapField(given, 'postStart', (handler) => mapField(handler, 'httpGet', defaultHttpGet))
  return mapField(lifecycle, 'preStop', (handler) => mapField(handler, 'httpGet', defaultHttpGet))
}

function defaultFieldRef<T extends { readonly apiVersion?: string }>(reference: T): T {
  return reference.apiVersion === undefined ? Object.freeze({ ...reference, apiVersion: 'v1' }) : reference
}

const DEFAULT_MODE = 0o644
const EMPTY_DIR = Object.freeze({})

function defaultVolume(volume: Volume): Volume {
  const complete = SOURCE_DEFAULTS.find(([source]) => volume[source] !== undefined)
  if (complete !== undefined) return complete[1](volume)
  for (const source in volume) if (source !== 'name') return volume
  return Object.freeze({ ...volume, emptyDir: EMPTY_DIR })
}

/** Sources that leave something to be filled in. */
const SOURCE_DEFAULTS: readonly (readonly [keyof Volume, (volume: Volume) => Volume])[] = [
  source('secret', (it) => fill(it, { defaultMode: DEFAULT_MODE })),
  source('configMap', (it) => fill(it, { defaultMode: DEFAULT_MODE })),
  source('projected', defaultProjected),
  source('hostPath', (it) => fill(it, { type: '' })),
  source('downwardAPI', (it) =>
    mapField(fill(it, { defaultMode: DEFAULT_MODE }), 'items', defaultDownwardItems),
  ),
  source('ephemeral', (it) =>
    mapField(it, 'volumeClaimTemplate', (template) =>
      mapField(template, 'spec', (spec) => fill(spec, { volumeMode: 'Filesystem' })),
    ),
  ),
  source('image', (it) => fill(it, { pullPolicy: pullPolicyOf(it.reference ?? '') })),
  source('iscsi', (it) => fill(it, { iscsiInterface: 'default' })),
  source('rbd', (it) => fill(it, { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' })),
  source('azureDisk', (it) =>
    fill(it, { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false }),
  ),
  source('scaleIO', (it) => fill(it, { storageMode: 'ThinProvisioned', fsType: 'xfs' })),
]

function source<K extends keyof Volume>(
  key: K,
  complete: (value: NonNullable<Volume[K]>) => Volume[K],
): readonly [K, (volume: Volume) => Volume] {
  return [key, (volume) => mapField(volume, key, complete)]
}

function defaultProjected(given: NonNullable<Volume['projected']>): NonNullable<Volume['projected']> {
  return mapField(fill(given, { defaultMode: DEFAULT_MODE }), 'sources', (sources) =>
    mapList(sources, (source) => {
      const withToken = mapField(source, 'serviceAccountToken', (it) => fill(it, { expirationSeconds: 3600 }))
      return mapField(withToken, 'downwardAPI', (it) => mapField(it, 'items', defaultDownwardItems))
    }),
  )
}

type DownwardItems = NonNullable<NonNullable<Volume['downwardAPI']>['items']>

function defaultDownwardItems(items: DownwardItems): DownwardItems {
  return mapList(items, (item) => mapField(item, 'fieldRef', defaultFieldRef))
}

/** A limit without a request counts as the request too. */
function requestsFromLimits(resources: ResourceRequirements): ResourceRequirements {
  const { limits, requests } = resources
  let complete: Record<string, string> | undefined
  for (const name in limits) {
    if (requests !== undefined && Object.hasOwn(requests, name)) continue
    complete ??= { ...requests }
    setOwn(complete, name, limits[name])
  }
  return complete === undefined
    ? resources
    : Object.freeze({ ...resources, requests: Object.freeze(complete) })
}
