/** What a pod is to be: its containers, where it may run, and how it is run. */

import { labelSelector } from '../meta/label-selector.ts'
import {
  atomic,
  boolean,
  type Infer,
  int32,
  int64,
  kept,
  list,
  listMap,
  map,
  quantity,
  string,
  stringMap,
  struct,
} from '../schema.ts'
import { affinity } from './affinity.ts'
import { container, ephemeralContainer, resourceRequirements } from './container.ts'
import { localObjectReference } from './reference.ts'
import {
  appArmorProfile,
  seccompProfile,
  seLinuxOptions,
  windowsSecurityContextOptions,
} from './security-context.ts'
import { volume } from './volume.ts'

export interface PodSpec extends Infer<typeof podSpec> {}
export const podSpec = struct(
  'core/v1.PodSpec',
  () => ({
    volumes: list(volume, { keys: ['name'], mergeKey: 'name', retainKeys: true }),
    containers: listMap(container, 'name'),
    restartPolicy: string,
    terminationGracePeriodSeconds: kept(int64),
    activeDeadlineSeconds: kept(int64),
    dnsPolicy: string,
    nodeSelector: atomic(stringMap),
    serviceAccountName: string,
    serviceAccount: string,
    nodeName: string,
    hostNetwork: boolean,
    hostPID: boolean,
    hostIPC: boolean,
    securityContext: podSecurityContext,
    imagePullSecrets: listMap(localObjectReference, 'name'),
    hostname: string,
    subdomain: string,
    affinity: affinity,
    schedulerName: string,
    initContainers: listMap(container, 'name'),
    automountServiceAccountToken: kept(boolean),
    tolerations: list(toleration),
    hostAliases: listMap(hostAlias, 'ip'),
    priorityClassName: string,
    priority: kept(int32),
    dnsConfig: podDNSConfig,
    shareProcessNamespace: kept(boolean),
    readinessGates: list(podReadinessGate),
    runtimeClassName: kept(string),
    enableServiceLinks: kept(boolean),
    preemptionPolicy: kept(string),
    overhead: map(quantity),
    topologySpreadConstraints: listMap(topologySpreadConstraint, 'topologyKey', 'whenUnsatisfiable'),
    ephemeralContainers: listMap(ephemeralContainer, 'name'),
    setHostnameAsFQDN: kept(boolean),
    os: podOS,
    hostUsers: kept(boolean),
    schedulingGates: listMap(podSchedulingGate, 'name'),
    resourceClaims: list(podResourceClaim, { keys: ['name'], mergeKey: 'name', retainKeys: true }),
    resources: resourceRequirements,
  }),
  'containers',
)

export interface PodSecurityContext extends Infer<typeof podSecurityContext> {}
export const podSecurityContext = struct('core/v1.PodSecurityContext', () => ({
  seLinuxOptions: seLinuxOptions,
  runAsUser: kept(int64),
  runAsNonRoot: kept(boolean),
  supplementalGroups: list(int64),
  fsGroup: kept(int64),
  runAsGroup: kept(int64),
  sysctls: list(sysctl),
  windowsOptions: windowsSecurityContextOptions,
  fsGroupChangePolicy: kept(string),
  seccompProfile: seccompProfile,
  appArmorProfile: appArmorProfile,
  supplementalGroupsPolicy: kept(string),
  seLinuxChangePolicy: kept(string),
}))

export interface Sysctl extends Infer<typeof sysctl> {}
export const sysctl = struct(
  'core/v1.Sysctl',
  () => ({
    name: string,
    value: string,
  }),
  'name',
  'value',
)

export interface Toleration extends Infer<typeof toleration> {}
export const toleration = struct('core/v1.Toleration', () => ({
  key: string,
  operator: string,
  value: string,
  effect: string,
  tolerationSeconds: kept(int64),
}))

export interface HostAlias extends Infer<typeof hostAlias> {}
export const hostAlias = struct(
  'core/v1.HostAlias',
  () => ({
    ip: string,
    hostnames: list(string),
  }),
  'ip',
)

export interface PodDNSConfig extends Infer<typeof podDNSConfig> {}
export const podDNSConfig = struct('core/v1.PodDNSConfig', () => ({
  nameservers: list(string),
  searches: list(string),
  options: list(podDNSConfigOption),
}))

export interface PodDNSConfigOption extends Infer<typeof podDNSConfigOption> {}
export const podDNSConfigOption = struct('core/v1.PodDNSConfigOption', () => ({
  name: string,
  value: kept(string),
}))

export interface PodReadinessGate extends Infer<typeof podReadinessGate> {}
export const podReadinessGate = struct(
  'core/v1.PodReadinessGate',
  () => ({
    conditionType: string,
  }),
  'conditionType',
)

export interface TopologySpreadConstraint extends Infer<typeof topologySpreadConstraint> {}
export const topologySpreadConstraint = struct(
  'core/v1.TopologySpreadConstraint',
  () => ({
    maxSkew: int32,
    topologyKey: string,
    whenUnsatisfiable: string,
    labelSelector: labelSelector,
    minDomains: kept(int32),
    nodeAffinityPolicy: kept(string),
    nodeTaintsPolicy: kept(string),
    matchLabelKeys: list(string),
  }),
  'maxSkew',
  'topologyKey',
  'whenUnsatisfiable',
)

export interface PodOS extends Infer<typeof podOS> {}
export const podOS = struct(
  'core/v1.PodOS',
  () => ({
    name: string,
  }),
  'name',
)

export interface PodSchedulingGate extends Infer<typeof podSchedulingGate> {}
export const podSchedulingGate = struct(
  'core/v1.PodSchedulingGate',
  () => ({
    name: string,
  }),
  'name',
)

export interface PodResourceClaim extends Infer<typeof podResourceClaim> {}
export const podResourceClaim = struct(
  'core/v1.PodResourceClaim',
  () => ({
    name: string,
    resourceClaimName: kept(string),
    resourceClaimTemplateName: kept(string),
  }),
  'name',
)
