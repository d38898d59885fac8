/** One container of a pod: image, command, environment, ports, resources and mounts. */

import {
  atomic,
  boolean,
  filled,
  type Infer,
  int32,
  kept,
  list,
  listMap,
  map,
  quantity,
  string,
  struct,
} from '../schema.ts'
import { lifecycle, probe } from './probe.ts'
import { objectFieldSelector, resourceFieldSelector } from './reference.ts'
import { securityContext } from './security-context.ts'

export interface Container extends Infer<typeof container> {}
export const container = struct(
  'core/v1.Container',
  () => ({
    name: string,
    image: string,
    command: list(string),
    args: list(string),
    workingDir: string,
    ports: listMap(containerPort, 'containerPort', 'protocol'),
    env: listMap(envVar, 'name'),
    resources: filled(resourceRequirements),
    volumeMounts: listMap(volumeMount, 'mountPath'),
    livenessProbe: probe,
    readinessProbe: probe,
    lifecycle: lifecycle,
    terminationMessagePath: string,
    imagePullPolicy: string,
    securityContext: securityContext,
    stdin: boolean,
    stdinOnce: boolean,
    tty: boolean,
    envFrom: list(envFromSource),
    terminationMessagePolicy: string,
    volumeDevices: listMap(volumeDevice, 'devicePath'),
    startupProbe: probe,
    resizePolicy: list(containerResizePolicy),
    restartPolicy: kept(string),
  }),
  'name',
)

export interface ContainerPort extends Infer<typeof containerPort> {}
export const containerPort = struct(
  'core/v1.ContainerPort',
  () => ({
    name: string,
    hostPort: int32,
    containerPort: int32,
    protocol: string,
    hostIP: string,
  }),
  'containerPort',
)

export interface EnvVar extends Infer<typeof envVar> {}
export const envVar = struct(
  'core/v1.EnvVar',
  () => ({
    name: string,
    value: string,
    valueFrom: envVarSource,
  }),
  'name',
)

export interface EnvVarSource extends Infer<typeof envVarSource> {}
export const envVarSource = struct('core/v1.EnvVarSource', () => ({
  fieldRef: objectFieldSelector,
  resourceFieldRef: resourceFieldSelector,
  configMapKeyRef: configMapKeySelector,
  secretKeyRef: secretKeySelector,
}))

export interface ConfigMapKeySelector extends Infer<typeof configMapKeySelector> {}
export const configMapKeySelector = atomic(
  struct(
    'core/v1.ConfigMapKeySelector',
    () => ({
      name: string,
      key: string,
      optional: kept(boolean),
    }),
    'key',
  ),
)

export interface SecretKeySelector extends Infer<typeof secretKeySelector> {}
export const secretKeySelector = atomic(
  struct(
    'core/v1.SecretKeySelector',
    () => ({
      name: string,
      key: string,
      optional: kept(boolean),
    }),
    'key',
  ),
)

export interface ResourceRequirements extends Infer<typeof resourceRequirements> {}
export const resourceRequirements = struct('core/v1.ResourceRequirements', () => ({
  limits: map(quantity),
  requests: map(quantity),
  claims: list(resourceClaim, { keys: ['name'] }),
}))

export interface ResourceClaim extends Infer<typeof resourceClaim> {}
export const resourceClaim = struct(
  'core/v1.ResourceClaim',
  () => ({
    name: string,
    request: string,
  }),
  'name',
)

export interface VolumeMount extends Infer<typeof volumeMount> {}
export const volumeMount = struct(
  'core/v1.VolumeMount',
  () => ({
    name: string,
    readOnly: boolean,
    mountPath: string,
    subPath: string,
    mountPropagation: kept(string),
    subPathExpr: string,
    recursiveReadOnly: kept(string),
  }),
  'name',
  'mountPath',
)

export interface EnvFromSource extends Infer<typeof envFromSource> {}
export const envFromSource = struct('core/v1.EnvFromSource', () => ({
  prefix: string,
  configMapRef: configMapEnvSource,
  secretRef: secretEnvSource,
}))

export interface ConfigMapEnvSource extends Infer<typeof configMapEnvSource> {}
export const configMapEnvSource = struct('core/v1.ConfigMapEnvSource', () => ({
  name: string,
  optional: kept(boolean),
}))

export interface SecretEnvSource extends Infer<typeof secretEnvSource> {}
export const secretEnvSource = struct('core/v1.SecretEnvSource', () => ({
  name: string,
  optional: kept(boolean),
}))

export interface VolumeDevice extends Infer<typeof volumeDevice> {}
export const volumeDevice = struct(
  'core/v1.VolumeDevice',
  () => ({
    name: string,
    devicePath: string,
  }),
  'name',
  'devicePath',
)

export interface ContainerResizePolicy extends Infer<typeof containerResizePolicy> {}
export const containerResizePolicy = struct(
  'core/v1.ContainerResizePolicy',
  () => ({
    resourceName: string,
    restartPolicy: string,
  }),
  'resourceName',
  'restartPolicy',
)

export interface EphemeralContainer extends Infer<typeof ephemeralContainer> {}
export const ephemeralContainer = struct(
  'core/v1.EphemeralContainer',
  () => ({
    name: string,
    image: string,
    command: list(string),
    args: list(string),
    workingDir: string,
    ports: listMap(containerPort, 'containerPort', 'protocol'),
    env: listMap(envVar, 'name'),
    resources: filled(resourceRequirements),
    volumeMounts: listMap(volumeMount, 'mountPath'),
    livenessProbe: probe,
    readinessProbe: probe,
    lifecycle: lifecycle,
    terminationMessagePath: string,
    imagePullPolicy: string,
    securityContext: securityContext,
    stdin: boolean,
    stdinOnce: boolean,
    tty: boolean,
    envFrom: list(envFromSource),
    terminationMessagePolicy: string,
    volumeDevices: listMap(volumeDevice, 'devicePath'),
    startupProbe: probe,
    resizePolicy: list(containerResizePolicy),
    restartPolicy: kept(string),
    targetContainerName: string,
  }),
  'name',
)
