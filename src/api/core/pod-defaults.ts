/**
 * What the API server fills in where a pod, or a template of pods, says nothing.
 * Upstream: pkg/apis/core/v1/defaults.go.
 */
import { fill, mapField, mapList, memoByReference, withFields } from '../fill.ts'
import type { Container, EphemeralContainer } from './container.ts'
import type { PodSpec } from './pod-spec.ts'
import type { PodTemplateSpec } from './pod-template.ts'
import type { HTTPGetAction, Lifecycle, Probe } from './probe.ts'
import type { Volume } from './volume.ts'

/** Templates, and everything that pods share with them. Pods of one template share the result. */
export const defaultPodTemplate = memoByReference(
  (template: PodTemplateSpec): PodTemplateSpec => mapField(template, 'spec', defaultPodSpec),
)

/** Memoised by reference. */
export const defaultPodSpec = memoByReference(completeSpec)

/** Pods proper get a little more than templates. Memoised by reference. */
export const defaultSpecOfPod = memoByReference((given: PodSpec): PodSpec => {
  let spec = fill(defaultPodSpec(given), { enableServiceLinks: true })
  spec = mapField(spec, 'containers', (list) => mapList(list, requestsFromLimits))
  spec = mapField(spec, 'initContainers', (list) => mapList(list, requestsFromLimits))
  if (spec.hostNetwork) {
    spec = mapField(spec, 'containers', (list) => mapList(list, withHostPorts))
    spec = mapField(spec, 'initContainers', (list) => mapList(list, withHostPorts))
  }
  return spec
})

const NO_SECURITY_CONTEXT = Object.freeze({})

function completeSpec(given: PodSpec): PodSpec {
  let spec = fill(given, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
    securityContext: NO_SECURITY_CONTEXT,
  })
  // The deprecated name of the field is kept in step with the current one.
  const account = spec.serviceAccountName ?? spec.serviceAccount
  if (account !== undefined) spec = withFields(spec, { serviceAccountName: account, serviceAccount: account })
  spec = mapField(spec, 'containers', (list) => mapList(list, defaultContainer))
  spec = mapField(spec, 'initContainers', (list) => mapList(list, defaultContainer))
  spec = mapField(spec, 'ephemeralContainers', (list) => mapList(list, defaultContainer))
  return mapField(spec, 'volumes', (list) => mapList(list, defaultVolume))
}

function defaultContainer<T extends Container | EphemeralContainer>(given: T): T {
  let container = fill<Container>(given, {
    imagePullPolicy: pullPolicyOf(given.image ?? ''),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  })
  container = mapField(container, 'ports', (ports) =>
    mapList(ports, (port) => fill(port, { protocol: 'TCP' })),
  )
  container = mapField(container, 'env', (env) =>
    mapList(env, (variable) =>
      mapField(variable, 'valueFrom', (source) => mapField(source, 'fieldRef', defaultFieldRef)),
    ),
  )
  container = mapField(container, 'livenessProbe', defaultProbe)
  container = mapField(container, 'readinessProbe', defaultProbe)
  container = mapField(container, 'startupProbe', defaultProbe)
  return mapField(container, 'lifecycle', defaultLifecycle) as T
}

/** Always for `latest` and for images without tag or digest. */
export function pullPolicyOf(image: string): string {
  if (image.includes('@')) return 'IfNotPresent'
  const tag = /:([^/:]+)$/.exec(image)?.[1]
  return tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function defaultProbe(probe: Probe): Probe {
  let complete = fill(probe, {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  })
  complete = mapField(complete, 'httpGet', defaultHttpGet)
  return mapField(complete, 'grpc', (grpc) => fill(grpc, { service: '' }))
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

function defaultVolume(given: Volume): Volume {
  const sources = Object.keys(given).filter((key) => key !== 'name')
  if (sources.length === 0) return Object.freeze({ ...given, emptyDir: EMPTY_DIR })
  let volume = mapField(given, 'secret', (it) => fill(it, { defaultMode: DEFAULT_MODE }))
  volume = mapField(volume, 'configMap', (it) => fill(it, { defaultMode: DEFAULT_MODE }))
  volume = mapField(volume, 'hostPath', (it) => fill(it, { type: '' }))
  volume = mapField(volume, 'downwardAPI', (it) =>
    mapField(fill(it, { defaultMode: DEFAULT_MODE }), 'items', defaultDownwardItems),
  )
  volume = mapField(volume, 'projected', defaultProjected)
  volume = mapField(volume, 'ephemeral', (it) =>
    mapField(it, 'volumeClaimTemplate', (template) =>
      mapField(template, 'spec', (spec) => fill(spec, { volumeMode: 'Filesystem' })),
    ),
  )
  volume = mapField(volume, 'image', (it) => fill(it, { pullPolicy: pullPolicyOf(it.reference ?? '') }))
  volume = mapField(volume, 'iscsi', (it) => fill(it, { iscsiInterface: 'default' }))
  volume = mapField(volume, 'rbd', (it) =>
    fill(it, { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' }),
  )
  volume = mapField(volume, 'azureDisk', (it) =>
    fill(it, { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false }),
  )
  return mapField(volume, 'scaleIO', (it) => fill(it, { storageMode: 'ThinProvisioned', fsType: 'xfs' }))
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
function requestsFromLimits(container: Container): Container {
  const { limits, requests } = container.resources ?? {}
  if (limits === undefined) return container
  const missing = Object.entries(limits).filter(
    ([name]) => requests === undefined || !Object.hasOwn(requests, name),
  )
  if (missing.length === 0) return container
  const complete = Object.freeze({ ...requests, ...Object.fromEntries(missing) })
  return Object.freeze({
    ...container,
    resources: Object.freeze({ ...container.resources, requests: complete }),
  })
}

/** With the node's own network, a port is the same outside and inside. */
function withHostPorts(container: Container): Container {
  return mapField(container, 'ports', (ports) =>
    mapList(ports, (port) => fill(port, { hostPort: port.containerPort })),
  )
}
