/** A container's environment (upstream: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables). */
import { ConfigMap } from '../api/core/config-map.ts'
import type { Container } from '../api/core/container.ts'
import type { Pod } from '../api/core/pod.ts'
import { Secret } from '../api/core/secret.ts'
import type { Service } from '../api/core/service.ts'
import { checkEnvVarName } from '../api/names.ts'
import { type DownwardNode, fieldValue, resourceValue } from './downward.ts'
import { expand } from './expansion.ts'
import { decodeBase64 } from './volumes/base64.ts'

export interface ObjectReference {
  readonly kind: typeof ConfigMap | typeof Secret
  readonly name: string
  readonly optional: boolean
}

/** The ConfigMaps and Secrets that must be read before the environment can be made. */
export function environmentReferences(container: Container): ObjectReference[] {
  const references: ObjectReference[] = []
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef !== undefined) references.push(reference(ConfigMap, configMapRef))
    if (secretRef !== undefined) references.push(reference(Secret, secretRef))
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.configMapKeyRef !== undefined)
      references.push(reference(ConfigMap, valueFrom.configMapKeyRef))
    if (valueFrom?.secretKeyRef !== undefined) references.push(reference(Secret, valueFrom.secretKeyRef))
  }
  return references
}

function reference(
  kind: ObjectReference['kind'],
  from: { readonly name?: string; readonly optional?: boolean },
): ObjectReference {
  return { kind, name: from.name ?? '', optional: from.optional === true }
}

export interface EnvironmentInput {
  readonly pod: Pod
  readonly container: Container
  readonly node: DownwardNode
  /** Service variables, shared by all containers of a namespace. */
  readonly services: ReadonlyMap<string, string>
  /** The objects that were found, by `ConfigMap/name` and `Secret/name`. */
  readonly objects: ReadonlyMap<string, ConfigMap | Secret>
}

export interface Environment {
  readonly variables: ReadonlyMap<string, string>
  /** Keys of envFrom sources that are no names of variables. */
  readonly skipped: readonly { readonly source: string; readonly keys: readonly string[] }[]
}

/** An error's text is the message of CreateContainerConfigError. */
export function environment(input: EnvironmentInput): Environment | { readonly error: string } {
  const { pod, container, services, objects } = input
  if ((container.env?.length ?? 0) === 0 && (container.envFrom?.length ?? 0) === 0) {
    return { variables: services, skipped: [] }
  }
  const namespace = pod.metadata?.namespace ?? ''
  const own = new Map<string, string>()
  const skipped: { source: string; keys: string[] }[] = []

  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const kind = configMapRef !== undefined ? 'ConfigMap' : 'Secret'
    const { name = '', optional = false } = configMapRef ?? secretRef ?? {}
    const object = objects.get(`${kind}/${name}`)
    if (object === undefined) {
      if (optional) continue
      return { error: `${kind.toLowerCase()} "${name}" not found` }
    }
    const bad: string[] = []
    for (const [key, value] of dataOf(kind, object)) {
      const variable = prefix + key
      if (checkEnvVarName(variable).length > 0) bad.push(variable)
      else own.set(variable, value)
    }
    if (bad.length > 0) skipped.push({ source: `${kind} ${namespace}/${name}`, keys: bad.sort() })
  }

  for (const { name, value, valueFrom } of container.env ?? []) {
    if (valueFrom === undefined) {
      own.set(
        name,
        expand(value ?? '', (it) => own.get(it) ?? services.get(it)),
      )
      continue
    }
    const found = referredValue(input, valueFrom, namespace)
    if (typeof found === 'object') return found
    if (found !== undefined) own.set(name, found)
  }
  const variables = new Map(services)
  for (const [name, value] of own) variables.set(name, value)
  return { variables, skipped }
}

type Source = NonNullable<NonNullable<Container['env']>[number]['valueFrom']>

function referredValue(
  { pod, container, node, objects }: EnvironmentInput,
  source: Source,
  namespace: string,
): string | undefined | { readonly error: string } {
  if (source.fieldRef !== undefined) {
    const path = source.fieldRef.fieldPath
    return fieldValue(path, pod, node) ?? { error: `unsupported fieldPath: ${path}` }
  }
  if (source.resourceFieldRef !== undefined) {
    const { resource, divisor, containerName } = source.resourceFieldRef
    const of =
      containerName === undefined || containerName === ''
        ? container
        : [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((it) => it.name === containerName)
    if (of === undefined) return { error: `container ${containerName} not found` }
    return (
      resourceValue(resource, divisor, of, node.allocatable) ?? {
        error: `unsupported container resource : ${resource}`,
      }
    )
  }
  const kind = source.configMapKeyRef !== undefined ? 'ConfigMap' : 'Secret'
  const { name = '', key = '', optional = false } = source.configMapKeyRef ?? source.secretKeyRef ?? {}
  const object = objects.get(`${kind}/${name}`)
  if (object === undefined)
    return optional ? undefined : { error: `${kind.toLowerCase()} "${name}" not found` }
  const value = dataOf(kind, object).get(key)
  if (value === undefined && !optional)
    return { error: `couldn't find key ${key} in ${kind} ${namespace}/${name}` }
  return value
}

/** Text values by key. */
function dataOf(kind: 'ConfigMap' | 'Secret', object: ConfigMap | Secret): Map<string, string> {
  const values = new Map<string, string>()
  if (kind === 'Secret') {
    for (const [key, value] of Object.entries(object.data ?? {})) values.set(key, text(decodeBase64(value)))
  } else for (const [key, value] of Object.entries(object.data ?? {})) values.set(key, value)
  return values
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** `NAME_SERVICE_HOST` and its fellows for some services, oldest names first. */
export function serviceVariables(services: readonly Service[]): Map<string, string> {
  const variables = new Map<string, string>()
  for (const service of services) {
    const { clusterIP, ports = [] } = service.spec
    if (clusterIP === undefined || clusterIP === '' || clusterIP === 'None' || ports.length === 0) continue
    const name = variableName(service.metadata?.name ?? '')
    variables.set(`${name}_SERVICE_HOST`, clusterIP)
    variables.set(`${name}_SERVICE_PORT`, String(ports[0]!.port))
    for (const port of ports) {
      if (port.name) variables.set(`${name}_SERVICE_PORT_${variableName(port.name)}`, String(port.port))
    }
    ports.forEach((port, index) => {
      const protocol = (port.protocol || 'TCP').toUpperCase()
      const url = `${protocol.toLowerCase()}://${clusterIP}:${port.port}`
      if (index === 0) variables.set(`${name}_PORT`, url)
      const prefix = `${name}_PORT_${port.port}_${protocol}`
      variables.set(prefix, url)
      variables.set(`${prefix}_PROTO`, protocol.toLowerCase())
      variables.set(`${prefix}_PORT`, String(port.port))
      variables.set(`${prefix}_ADDR`, clusterIP)
    })
  }
  return variables
}

function variableName(name: string): string {
  return name.replaceAll('-', '_').toUpperCase()
}
