/** What a container may say. Upstream: pkg/apis/core/validation/validation.go. */
import type { FieldErrors } from '../field-errors.ts'
import { goName, goQuantity } from '../go-syntax.ts'
import { NOT_NEGATIVE, validateNonNegative, validatePort, validatePortNumOrName } from '../meta/validation.ts'
import {
  checkConfigMapKey,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkEnvVarName,
  checkPortName,
  checkQualifiedName,
} from '../names.ts'
import { compareQuantities, milliValue, quantityValue } from '../quantity.ts'
import type {
  Container,
  ContainerPort,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  EphemeralContainer,
  ResourceRequirements,
  VolumeMount,
} from './container.ts'
import type { LifecycleHandler, Probe } from './probe.ts'

export interface ContainerContext {
  /** Names of the pod's volumes. */
  readonly volumes: ReadonlySet<string>
  /** Those of them that may be block devices. */
  readonly blocks?: ReadonlySet<string>
  readonly hostNetwork: boolean
}

type ContainerRole = 'regular' | 'init' | 'ephemeral'

/** `containers`, `initContainers` and `ephemeralContainers` of a pod; their names share one space. */
export function validateContainers(
  pod: {
    readonly containers?: readonly Container[]
    readonly initContainers?: readonly Container[]
    readonly ephemeralContainers?: readonly EphemeralContainer[]
  },
  context: ContainerContext,
  errors: FieldErrors,
): void {
  const names = new Set<string>()
  const hostPorts = new Set<string>()
  if ((pod.containers ?? []).length === 0) errors.required('containers')
  errors.each('containers', pod.containers, (container) => {
    validateContainer(container, 'regular', names, context, errors)
    validateHostPorts(container, hostPorts, errors)
  })
  errors.each('initContainers', pod.initContainers, (container) => {
    validateContainer(container, 'init', names, context, errors)
    // Init containers end before the others start; only sidecars share the node with them.
    const taken = container.restartPolicy === 'Always' ? hostPorts : new Set<string>()
    validateHostPorts(container, taken, errors)
  })
  errors.each('ephemeralContainers', pod.ephemeralContainers, (container) => {
    validateContainer(container, 'ephemeral', names, context, errors)
    validateEphemeral(container, errors)
  })
}

function validateContainer(
  container: Container,
  role: ContainerRole,
  names: Set<string>,
  context: ContainerContext,
  errors: FieldErrors,
): void {
  const { name = '', image = '' } = container
  if (name === '') errors.required('name')
  else for (const problem of checkDns1123Label(name)) errors.invalid('name', name, problem)
  if (image === '') errors.required('image')
  else if (image.trim() !== image)
    errors.invalid('image', image, 'must not have leading or trailing whitespace')
  oneOf(
    container.terminationMessagePolicy,
    'terminationMessagePolicy',
    ['File', 'FallbackToLogsOnError'],
    errors,
  )
  validatePorts(container.ports, context, errors)
  errors.each('env', container.env, (variable) => validateEnvVar(variable, errors))
  for (const source of container.envFrom ?? []) validateEnvFromKinds(source, errors)
  errors.each('envFrom', container.envFrom, (source) => validateEnvFrom(source, errors))
  validateMounts(container, context, errors)
  oneOf(container.imagePullPolicy, 'imagePullPolicy', ['Always', 'IfNotPresent', 'Never'], errors)
  if (container.resources !== undefined) {
    const { resources } = container
    errors.at('resources', () => validateResources(resources, errors))
  }
  for (const { restartPolicy } of container.resizePolicy ?? []) {
    const supported = ['NotRequired', 'RestartContainer']
    if (!supported.includes(restartPolicy))
      errors.notSupported('resizePolicy', restartPolicy ?? '', supported)
  }
  validateSecurityContext(container, errors)
  if (role === 'init' && container.restartPolicy !== undefined && container.restartPolicy !== 'Always') {
    errors.notSupported('restartPolicy', container.restartPolicy, ['Always'])
  }
  if (names.has(name)) errors.duplicate('name', name)
  else names.add(name)
  validateProbes(container, role, errors)
  if (role === 'regular' && container.restartPolicy !== undefined) {
    errors.forbidden('restartPolicy', 'may not be set for non-init containers')
  }
}

function oneOf(
  value: string | undefined,
  field: string,
  values: readonly string[],
  errors: FieldErrors,
): void {
  if (value === undefined || value === '') errors.required(field)
  else if (!values.includes(value)) errors.notSupported(field, value, values)
}

function validatePorts(
  ports: readonly ContainerPort[] | undefined,
  context: ContainerContext,
  errors: FieldErrors,
): void {
  const names = new Set<string>()
  errors.each('ports', ports, (port) => {
    if (port.name !== undefined) {
      const problems = checkPortName(port.name)
      for (const problem of problems) errors.invalid('name', port.name, problem)
      if (problems.length === 0 && names.has(port.name)) errors.duplicate('name', port.name)
      names.add(port.name)
    }
    if (!port.containerPort) errors.required('containerPort')
    else validatePort(port.containerPort, 'containerPort', errors)
    if (port.hostPort !== undefined) {
      validatePort(port.hostPort, 'hostPort', errors)
      if (context.hostNetwork && port.hostPort !== port.containerPort) {
        errors.invalid('hostPort', port.hostPort, 'must match `containerPort` when `hostNetwork` is true')
      }
    }
    oneOf(port.protocol, 'protocol', ['SCTP', 'TCP', 'UDP'], errors)
  })
}

function validateHostPorts(container: Container, taken: Set<string>, errors: FieldErrors): void {
  errors.each('ports', container.ports, ({ hostPort, hostIP = '', protocol = '' }) => {
    if (hostPort === undefined) return
    const key = `${protocol}/${hostIP}/${hostPort}`
    if (taken.has(key)) errors.duplicate('hostPort', key)
    taken.add(key)
  })
}

function validateEnvVar(variable: EnvVar, errors: FieldErrors): void {
  const { name = '', value = '', valueFrom } = variable
  if (name === '') errors.required('name')
  else for (const problem of checkEnvVarName(name)) errors.invalid('name', name, problem)
  if (valueFrom === undefined) return
  errors.at('valueFrom', () => {
    const sources = Object.keys(valueFrom).length
    if (sources === 0) {
      errors.invalid(
        undefined,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
      )
    } else if (value !== '') errors.invalid(undefined, '', 'may not be specified when `value` is not empty')
    else if (sources > 1)
      errors.invalid(undefined, '', 'may not have more than one field specified at a time')
    validateEnvSource(valueFrom, errors)
  })
}

const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]
const ENV_RESOURCES = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/

function validateEnvSource(source: EnvVarSource, errors: FieldErrors): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source
  if (fieldRef !== undefined) {
    errors.at('fieldRef', () => validateFieldPath(fieldRef.fieldPath, ENV_FIELDS, errors))
  }
  if (resourceFieldRef !== undefined) {
    errors.at('resourceFieldRef', () => {
      if (!resourceFieldRef.resource) errors.required('resource')
      else if (!ENV_RESOURCES.test(resourceFieldRef.resource)) {
        errors.notSupported('resource', resourceFieldRef.resource, [
          'limits.cpu',
          'limits.ephemeral-storage',
          'limits.memory',
          'requests.cpu',
          'requests.ephemeral-storage',
          'requests.memory',
        ])
      }
    })
  }
  for (const [field, reference] of [
    ['configMapKeyRef', configMapKeyRef],
    ['secretKeyRef', secretKeyRef],
  ] as const) {
    if (reference === undefined) continue
    errors.at(field, () => {
      validateObjectName(reference.name, 'name', errors)
      if (!reference.key) errors.required('key')
      else
        for (const problem of checkConfigMapKey(reference.key)) errors.invalid('key', reference.key, problem)
    })
  }
}

/** Fields of the pod that containers may read; labels and annotations by key. */
export function validateFieldPath(
  path: string | undefined,
  supported: readonly string[],
  errors: FieldErrors,
): void {
  if (!path) {
    errors.required('fieldPath')
    return
  }
  const [, field = '', key = ''] = /^(.+)\['([^']+)'\]$/.exec(path) ?? []
  if (field === 'metadata.labels' || field === 'metadata.annotations') {
    // Case is not told apart in the keys of annotations.
    const name = field === 'metadata.labels' ? key : key.toLowerCase()
    for (const problem of checkQualifiedName(name)) errors.invalid(undefined, key, problem)
  } else if (field !== '' && POD_FIELDS.has(field)) {
    errors.invalid(
      'fieldPath',
      path,
      `error converting fieldPath: field label does not support subscript: ${path}`,
    )
  } else if (!POD_FIELDS.has(path)) {
    errors.invalid('fieldPath', path, `error converting fieldPath: field label not supported: ${path}`)
  } else if (!supported.includes(path)) errors.notSupported('fieldPath', path, supported)
}

/** What of a pod can be read by a path at all. Upstream: ConvertDownwardAPIFieldLabel. */
const POD_FIELDS = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
])

function validateEnvFrom({ prefix, configMapRef, secretRef }: EnvFromSource, errors: FieldErrors): void {
  if (prefix !== undefined)
    for (const problem of checkEnvVarName(prefix)) errors.invalid('prefix', prefix, problem)
  if (configMapRef !== undefined)
    errors.at('configMapRef', () => validateObjectName(configMapRef.name, 'name', errors))
  if (secretRef !== undefined)
    errors.at('secretRef', () => validateObjectName(secretRef.name, 'name', errors))
}

/** Upstream reports these at the list, not at its element. */
function validateEnvFromKinds({ configMapRef, secretRef }: EnvFromSource, errors: FieldErrors): void {
  if (configMapRef === undefined && secretRef === undefined) {
    errors.invalid('envFrom', '', 'must specify one of: `configMapRef` or `secretRef`')
  } else if (configMapRef !== undefined && secretRef !== undefined) {
    errors.invalid('envFrom', '', 'may not have more than one field specified at a time')
  }
}

function validateMounts(container: Container, context: ContainerContext, errors: FieldErrors): void {
  const paths = new Set<string>()
  errors.each('volumeMounts', container.volumeMounts, (mount) =>
    validateMount(mount, container, paths, context, errors),
  )
  validateDevices(container, context, errors)
}

function validateDevices(
  { volumeDevices, volumeMounts = [] }: Container,
  context: ContainerContext,
  errors: FieldErrors,
): void {
  const names = new Set<string>()
  const paths = new Set<string>()
  errors.each('volumeDevices', volumeDevices, ({ name = '', devicePath = '' }) => {
    if (name === '') errors.required('name')
    if (names.has(name)) errors.invalid('name', name, 'must be unique')
    if (!context.volumes.has(name)) errors.notFound('name', name)
    else if (context.blocks?.has(name) !== true) {
      errors.invalid(
        'name',
        name,
        'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
      )
    }
    if (devicePath === '') errors.required('devicePath')
    if (paths.has(devicePath)) errors.invalid('devicePath', devicePath, 'must be unique')
    if (devicePath.split('/').includes('..')) {
      errors.invalid('devicePath', devicePath, "can not contain backsteps ('..')")
    } else paths.add(devicePath)
    if (volumeMounts.some((it) => it.name === name)) {
      errors.invalid('name', name, 'must not already exist in volumeMounts')
    }
    if (volumeMounts.some((it) => it.mountPath === devicePath)) {
      errors.invalid('devicePath', devicePath, 'must not already exist as a path in volumeMounts')
    }
    if (name !== '') names.add(name)
  })
}

function validateMount(
  { name, mountPath, subPath, subPathExpr, mountPropagation }: VolumeMount,
  container: Container,
  paths: Set<string>,
  context: ContainerContext,
  errors: FieldErrors,
): void {
  if (!name) errors.required('name')
  else if (!context.volumes.has(name)) errors.notFound('name', name)
  if (!mountPath) errors.required('mountPath')
  else if (paths.has(mountPath)) errors.invalid('mountPath', mountPath, 'must be unique')
  else paths.add(mountPath)
  if (subPath !== undefined) validateLocalPath(subPath, 'subPath', errors)
  if (subPathExpr !== undefined) {
    if (subPath !== undefined)
      errors.invalid('subPathExpr', subPathExpr, 'subPathExpr and subPath are mutually exclusive')
    validateLocalPath(subPathExpr, 'subPathExpr', errors)
  }
  if (mountPropagation !== undefined) {
    const supported = ['Bidirectional', 'HostToContainer', 'None']
    if (!supported.includes(mountPropagation))
      errors.notSupported('mountPropagation', mountPropagation, supported)
    else if (mountPropagation === 'Bidirectional' && !container.securityContext?.privileged) {
      errors.forbidden(
        'mountPropagation',
        'Bidirectional mount propagation is available only to privileged containers',
      )
    }
  }
}

/** Relative, and not upwards. */
export function validateLocalPath(path: string, field: string, errors: FieldErrors): void {
  if (path.startsWith('/')) errors.invalid(field, path, 'must be a relative path')
  if (path.split('/').includes('..')) errors.invalid(field, path, "must not contain '..'")
}

/** Requests and limits of a container. */
export function validateResources(resources: ResourceRequirements, errors: FieldErrors): void {
  const { limits = {}, requests = {} } = resources
  for (const [name, amount] of Object.entries(limits)) {
    errors.at('limits', () => validateAmount(name, amount, errors))
  }
  validateHugePages(limits, requests, errors)
  for (const [name, amount] of Object.entries(requests)) {
    errors.at('requests', () => validateAmount(name, amount, errors))
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined
    if (limit !== undefined) {
      if (compareQuantities(amount, limit) !== 0 && !isOvercommitAllowed(name)) {
        errors.invalid('requests', amount, `must be equal to ${name} limit of ${limit}`)
      } else if (compareQuantities(amount, limit) > 0) {
        errors.invalid('requests', amount, `must be less than or equal to ${name} limit of ${limit}`)
      }
    } else if (!isOvercommitAllowed(name)) {
      errors.required('limits', 'Limit must be set for non overcommitable resources')
    }
  }
}

function validateHugePages(
  limits: Readonly<Record<string, string>>,
  requests: Readonly<Record<string, string>>,
  errors: FieldErrors,
): void {
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (!names.some((it) => it.startsWith('hugepages-')) || names.includes('cpu') || names.includes('memory'))
    return
  errors.forbidden(undefined, 'HugePages require cpu or memory')
}

function validateAmount(name: string, amount: string, errors: FieldErrors): void {
  errors.at({ key: name }, () => {
    validateContainerResourceName(name, errors)
    if (compareQuantities(amount, '0') < 0) errors.invalid(undefined, amount, NOT_NEGATIVE)
    if (isExtendedResource(name) && milliValue(amount) !== quantityValue(amount) * 1000) {
      errors.invalid(undefined, goQuantity(amount), 'must be an integer')
    }
  })
}

const CONTAINER_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage'])

/** At the name, or at the amount of it. */
export function validateContainerResourceName(name: string, errors: FieldErrors): void {
  const given = goName(name)
  for (const problem of checkQualifiedName(name)) errors.invalid(undefined, given, problem)
  if (name.includes('/') || name.startsWith('hugepages-') || CONTAINER_RESOURCES.has(name)) return
  errors.invalid(undefined, given, 'must be a standard resource type or fully qualified')
  errors.invalid(undefined, given, 'must be a standard resource for containers')
}

/** Resources of users' own domains: counted in whole units, requested as they are limited. */
export function isExtendedResource(name: string): boolean {
  return name.includes('/') && !name.split('/')[0]!.endsWith('kubernetes.io') && !name.startsWith('requests.')
}

function isOvercommitAllowed(name: string): boolean {
  return !isExtendedResource(name) && !name.startsWith('hugepages-')
}

const ONLY_SIDECARS = 'may not be set for init containers without restartPolicy=Always'

function validateProbes(container: Container, role: ContainerRole, errors: FieldErrors): void {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container
  const barred = role === 'init' && container.restartPolicy !== 'Always'
  if (barred) {
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[field] !== undefined) errors.forbidden(field, ONLY_SIDECARS)
    }
    return
  }
  if (livenessProbe !== undefined) {
    errors.at('livenessProbe', () => {
      validateProbe(livenessProbe, errors)
      mustBeOne(livenessProbe, errors)
    })
  }
  if (readinessProbe !== undefined) {
    errors.at('readinessProbe', () => {
      validateProbe(readinessProbe, errors)
      const grace = readinessProbe.terminationGracePeriodSeconds
      if (grace !== undefined) {
        errors.invalid('terminationGracePeriodSeconds', grace, 'must not be set for readinessProbes')
      }
    })
  }
  if (startupProbe !== undefined) {
    errors.at('startupProbe', () => {
      validateProbe(startupProbe, errors)
      mustBeOne(startupProbe, errors)
    })
  }
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = lifecycle?.[hook]
    if (handler !== undefined) {
      errors.at('lifecycle', () => errors.at(hook, () => validateHandler(handler, errors)))
    }
  }
}

function mustBeOne({ successThreshold }: Probe, errors: FieldErrors): void {
  if (successThreshold !== undefined && successThreshold !== 1) {
    errors.invalid('successThreshold', successThreshold, 'must be 1')
  }
}

function validateProbe(probe: Probe, errors: FieldErrors): void {
  validateHandler(probe, errors)
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    validateNonNegative(probe[field], field, errors)
  }
  const grace = probe.terminationGracePeriodSeconds
  if (grace !== undefined && grace <= 0) {
    errors.invalid('terminationGracePeriodSeconds', grace, 'must be greater than 0')
  }
}

function validateHandler(handler: LifecycleHandler & Pick<Probe, 'grpc'>, errors: FieldErrors): void {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  let count = 0
  // Only the first handler is looked into; each further one is refused.
  const first = (field: string, check: () => void) => {
    if (++count > 1) errors.forbidden(field, 'may not specify more than 1 handler type')
    else errors.at(field, check)
  }
  if (exec !== undefined) {
    first('exec', () => {
      if ((exec.command ?? []).length === 0) errors.required('command')
    })
  }
  if (httpGet !== undefined) {
    first('httpGet', () => {
      if (!httpGet.path) errors.required('path')
      validatePortNumOrName(httpGet.port, 'port', errors)
      if (httpGet.scheme !== 'HTTP' && httpGet.scheme !== 'HTTPS') {
        errors.notSupported('scheme', httpGet.scheme ?? '', ['HTTP', 'HTTPS'])
      }
    })
  }
  if (tcpSocket !== undefined) first('tcpSocket', () => validatePortNumOrName(tcpSocket.port, 'port', errors))
  if (grpc !== undefined) first('grpc', () => validatePort(grpc.port, 'port', errors))
  if (sleep !== undefined) {
    first('sleep', () => {
      if (sleep.seconds < 0) errors.invalid(undefined, sleep.seconds, NOT_NEGATIVE)
    })
  }
  if (count === 0) errors.required(undefined, 'must specify a handler type')
}

function validateSecurityContext({ securityContext }: Container, errors: FieldErrors): void {
  if (securityContext === undefined) return
  errors.at('securityContext', () => {
    const { runAsUser, runAsGroup, privileged, allowPrivilegeEscalation, capabilities } = securityContext
    for (const [field, id] of [
      ['runAsUser', runAsUser],
      ['runAsGroup', runAsGroup],
    ] as const) {
      if (id !== undefined && (id < 0 || id > 2_147_483_647)) {
        errors.invalid(field, id, 'must be between 0 and 2147483647, inclusive')
      }
    }
    if (allowPrivilegeEscalation === false) {
      if (privileged) {
        errors.invalid(
          undefined,
          securityContext,
          'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
        )
      }
      if (capabilities?.add?.some((it) => it === 'CAP_SYS_ADMIN' || it === 'SYS_ADMIN')) {
        errors.invalid(
          undefined,
          securityContext,
          'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
        )
      }
    }
    validateProfiles(securityContext, errors)
  })
}

/** The parts that pods and containers have in common. */
export function validateProfiles(
  context: {
    readonly seccompProfile?: { readonly type: string; readonly localhostProfile?: string }
    readonly appArmorProfile?: { readonly type: string; readonly localhostProfile?: string }
  },
  errors: FieldErrors,
): void {
  for (const field of ['seccompProfile', 'appArmorProfile'] as const) {
    const profile = context[field]
    if (profile === undefined) continue
    errors.at(field, () => {
      if (profile.type === 'Localhost') {
        if (!profile.localhostProfile) {
          errors.required(
            'localhostProfile',
            `must be set when ${field === 'seccompProfile' ? 'seccomp' : 'AppArmor'} type is Localhost`,
          )
        } else if (field === 'seccompProfile')
          validateLocalPath(profile.localhostProfile, 'localhostProfile', errors)
        else {
          const path = profile.localhostProfile
          if (path.trim() !== path)
            errors.invalid('localhostProfile', path, 'must not be padded with whitespace')
          if (path.length > MAX_PROFILE_PATH) errors.tooLong('localhostProfile', MAX_PROFILE_PATH)
        }
      } else {
        if (profile.localhostProfile !== undefined) {
          errors.invalid(
            'localhostProfile',
            profile.localhostProfile,
            field === 'seccompProfile'
              ? 'can only be set when seccomp type is Localhost'
              : 'can only be set when AppArmor type is Localhost',
          )
        }
        if (!profile.type) errors.required('type', `type is required when ${field} is set`)
        else if (profile.type !== 'RuntimeDefault' && profile.type !== 'Unconfined') {
          errors.notSupported('type', profile.type, ['Localhost', 'RuntimeDefault', 'Unconfined'])
        }
      }
    })
  }
}

const MAX_PROFILE_PATH = 4095

const NOT_FOR_EPHEMERAL = 'cannot be set for an Ephemeral Container'

function validateEphemeral(container: EphemeralContainer, errors: FieldErrors): void {
  for (const field of [
    'ports',
    'livenessProbe',
    'readinessProbe',
    'startupProbe',
    'lifecycle',
    'restartPolicy',
  ] as const) {
    if (container[field] !== undefined) errors.forbidden(field, NOT_FOR_EPHEMERAL)
  }
  if (Object.keys(container.resources ?? {}).length > 0) errors.forbidden('resources', NOT_FOR_EPHEMERAL)
}

/** Names that must be those of objects in the API. */
export function validateObjectName(name: string | undefined, field: string, errors: FieldErrors): void {
  if (!name) errors.required(field)
  else for (const problem of checkDns1123Subdomain(name)) errors.invalid(field, name, problem)
}
