/** What upstream says of pods that it takes all the same. Upstream: pkg/api/pod/warnings.go. */
import type { FieldWarnings } from '../field-errors.ts'
import { goQuote } from '../go-syntax.ts'
import { checkDns1123Label } from '../names.ts'
import { canonicalQuantity, milliValue } from '../quantity.ts'
import type { Container, ContainerPort } from './container.ts'
import { warnOfIp } from './ip-warnings.ts'
import { warnOfNodeTerm, whyDeprecatedLabel } from './node-label-warnings.ts'
import type { Pod } from './pod.ts'
import type { PodSpec } from './pod-spec.ts'
import type { PodTemplateSpec } from './pod-template.ts'

const REMOVED_VOLUMES: Readonly<Record<string, string>> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
}
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod'
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/'
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/'
const SECCOMP_TEXT = 'non-functional in v1.27+; use the "seccompProfile" field instead'
const APP_ARMOR_TEXT = 'deprecated since v1.30; use the "appArmorProfile" field instead'
const NO_SELECTOR = 'a null labelSelector results in matching no pod'

/** The name of what pods, or their hosts, are named after. */
export function warnOfName(name: string | undefined, use: string, warnings: FieldWarnings): void {
  const problems = checkDns1123Label(name ?? '')
  if (problems.length === 0) return
  const advice = 'which can result in surprising behavior; a DNS label is recommended'
  warnings.at('metadata', () =>
    warnings.add('name', `this is used in ${use}, ${advice}: [${problems.join(' ')}]`),
  )
}

export const IN_POD_NAMES = 'Pod names and hostnames'

/** At what has `template`; a template that has not changed was warned of before. */
export function warnOfTemplate(
  template: PodTemplateSpec,
  old: PodTemplateSpec | undefined,
  warnings: FieldWarnings,
): void {
  if (template === old) return
  warnings.at('template', () => {
    warnOfSpec(template.spec, template.metadata?.annotations, warnings)
    warnOfAppArmor(template, warnings)
  })
}

export function warnOfPod(pod: Pod, warnings: FieldWarnings): void {
  warnOfName(pod.metadata?.name, "the Pod's hostname", warnings)
  warnOfSpec(pod.spec, pod.metadata?.annotations, warnings)
  warnOfAppArmor(pod, warnings)
}

export function warnOfPodStatus({ status }: Pod, warnings: FieldWarnings): void {
  warnings.at('status', () => {
    warnings.each('podIPs', status?.podIPs, ({ ip }) => warnOfIp('ip', ip, warnings))
    warnings.each('hostIPs', status?.hostIPs, ({ ip }) => warnOfIp('ip', ip, warnings))
  })
}

type Annotations = Readonly<Record<string, string>> | undefined

function warnOfSpec(spec: PodSpec, annotations: Annotations, warnings: FieldWarnings): void {
  if (annotations?.[SECCOMP_POD] !== undefined && spec.securityContext?.seccompProfile === undefined) {
    warnOfAnnotation(SECCOMP_POD, SECCOMP_TEXT, warnings)
  }
  const ports: Seen[] = []
  eachContainer(spec, (container) => warnOfSeccomp(container, annotations, warnings))
  warnings.at('spec', () => {
    warnOfPlace(spec, warnings)
    warnings.each('volumes', spec.volumes, (volume) => {
      for (const key in volume) {
        const text = Object.hasOwn(REMOVED_VOLUMES, key) ? REMOVED_VOLUMES[key] : undefined
        if (text !== undefined) warnings.add(key, text)
      }
    })
    warnOfDoubles('hostAliases', 'ip', spec.hostAliases, warnings)
    warnOfDoubles('imagePullSecrets', 'name', spec.imagePullSecrets, warnings)
    for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
      warnings.each(list, spec[list] as readonly Container[] | undefined, (container) =>
        warnOfContainer(container, ports, warnings),
      )
    }
    if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
      const text = 'must be >= 0; negative values are invalid and will be treated as 1'
      warnings.add('terminationGracePeriodSeconds', text)
    }
    const nameservers = spec.dnsConfig?.nameservers
    if (nameservers !== undefined) {
      warnings.at('dnsConfig', () =>
        warnings.each('nameservers', nameservers, (address) => warnOfIp(undefined, address, warnings)),
      )
    }
    warnings.each('hostAliases', spec.hostAliases, ({ ip }) => warnOfIp('ip', ip, warnings))
  })
}

function eachContainer(spec: PodSpec, run: (container: Container) => void): void {
  for (const it of spec.initContainers ?? []) run(it)
  for (const it of spec.containers) run(it)
  for (const it of spec.ephemeralContainers ?? []) run(it as Container)
}

function warnOfAnnotation(key: string, text: string, warnings: FieldWarnings): void {
  warnings.at('metadata', () => warnings.at('annotations', () => warnings.add({ key }, text)))
}

function warnOfSeccomp(container: Container, annotations: Annotations, warnings: FieldWarnings): void {
  if (annotations === undefined || container.securityContext?.seccompProfile !== undefined) return
  const key = `${SECCOMP_CONTAINER}${container.name}`
  if (Object.hasOwn(annotations, key)) warnOfAnnotation(key, SECCOMP_TEXT, warnings)
}

function warnOfAppArmor({ metadata, spec }: Pick<Pod, 'metadata' | 'spec'>, warnings: FieldWarnings): void {
  const annotations = metadata?.annotations
  if (annotations === undefined || spec.securityContext?.appArmorProfile !== undefined) return
  eachContainer(spec, ({ name, securityContext }) => {
    const key = `${APP_ARMOR}${name}`
    if (securityContext?.appArmorProfile !== undefined || !Object.hasOwn(annotations, key)) return
    warnOfAnnotation(key, APP_ARMOR_TEXT, warnings)
  })
}

/** Where it may run: labels of nodes that have newer names, and selectors that select nothing. */
function warnOfPlace(spec: PodSpec, warnings: FieldWarnings): void {
  for (const key in spec.nodeSelector) {
    const text = whyDeprecatedLabel(key)
    if (text !== undefined) warnings.at('nodeSelector', () => warnings.add({ key }, text))
  }
  warnings.each(
    'topologySpreadConstraints',
    spec.topologySpreadConstraints,
    ({ topologyKey, labelSelector }) => {
      const text = whyDeprecatedLabel(topologyKey)
      if (text !== undefined) warnings.add('topologyKey', `${topologyKey} is ${text}`)
      if (labelSelector === undefined) warnings.add('labelSelector', NO_SELECTOR)
    },
  )
  if (spec.affinity === undefined) return
  const { nodeAffinity, podAffinity, podAntiAffinity } = spec.affinity
  warnings.at('affinity', () => {
    warnings.at('nodeAffinity', () => {
      warnings.at('requiredDuringSchedulingIgnoredDuringExecution', () => {
        const terms = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
        warnings.each('nodeSelectorTerms', terms, (term) => warnOfNodeTerm(term, false, warnings))
      })
      const preferred = nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution
      warnings.each('preferredDuringSchedulingIgnoredDuringExecution', preferred, ({ preference }) =>
        warnings.at('preference', () => warnOfNodeTerm(preference ?? {}, true, warnings)),
      )
    })
    for (const [field, affinity] of Object.entries({ podAffinity, podAntiAffinity })) {
      warnings.at(field, () => {
        const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution
        warnings.each('requiredDuringSchedulingIgnoredDuringExecution', required, ({ labelSelector }) => {
          if (labelSelector === undefined) warnings.add('labelSelector', NO_SELECTOR)
        })
        const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution
        warnings.each('preferredDuringSchedulingIgnoredDuringExecution', preferred, ({ podAffinityTerm }) => {
          if (podAffinityTerm?.labelSelector !== undefined) return
          warnings.at('podAffinityTerm', () => warnings.add('labelSelector', NO_SELECTOR))
        })
      })
    }
  })
}

function warnOfDoubles<K extends string>(
  field: string,
  key: K,
  items: readonly { readonly [key in K]?: string }[] | undefined,
  warnings: FieldWarnings,
): void {
  warnings.each(field, items, (item, index) => {
    const value = item[key] ?? ''
    if (items?.some((it, earlier) => earlier < index && (it[key] ?? '') === value)) {
      warnings.add(key, `duplicate ${key} ${goQuote(value)}`)
    }
    if (value === '' && key === 'name') warnings.add(key, 'invalid empty name ""')
  })
}

interface Seen {
  readonly port: ContainerPort
  readonly path: string
}

function warnOfContainer(container: Container, ports: Seen[], warnings: FieldWarnings): void {
  if (container.resources !== undefined) warnOfFractions(container.resources, warnings)
  warnOfHidden(container, warnings)
  warnings.each('ports', container.ports, (port) => {
    const path = warnings.text()
    for (const other of ports) warnOfPort(port, other, warnings)
    ports.push({ port, path })
  })
}

function warnOfFractions(
  resources: {
    readonly limits?: Readonly<Record<string, string>>
    readonly requests?: Readonly<Record<string, string>>
  },
  warnings: FieldWarnings,
): void {
  for (const list of ['limits', 'requests'] as const) {
    for (const name of ['memory', 'ephemeral-storage']) {
      const amount = resources[list]?.[name]
      if (amount === undefined || !amount.endsWith('m') || milliValue(amount) % 1000 === 0) continue
      const text = `fractional byte value ${goQuote(canonicalQuantity(amount) ?? amount)} is invalid, must be an integer`
      warnings.at('resources', () => warnings.at(list, () => warnings.add({ key: name }, text)))
    }
  }
}

/** A variable that is said again, without the value that it had. */
function warnOfHidden({ env }: Container, warnings: FieldWarnings): void {
  if (env === undefined || env.length < 2) return
  const names = new Set<string>()
  warnings.each('env', env, ({ name, value = '', valueFrom }) => {
    const before = `$(${name})`
    if (!names.has(name)) names.add(name)
    else if (valueFrom !== undefined || value === before || !value.includes(before)) {
      const text = `hides previous definition of ${goQuote(name)}, which may be dropped when using apply`
      warnings.add(undefined, text)
    }
  })
}

function warnOfPort(port: ContainerPort, { port: other, path }: Seen, warnings: FieldWarnings): void {
  if (port.name && port.name === other.name) {
    const use = `services and probes that select ports by name will use ${path}`
    warnings.add(undefined, `duplicate port name ${goQuote(port.name)} with ${path}, ${use}`)
  }
  if (port.containerPort !== other.containerPort || port.protocol !== other.protocol) return
  const [host, otherHost] = [port.hostPort ?? 0, other.hostPort ?? 0]
  const [ip, otherIp] = [port.hostIP ?? '', other.hostIP ?? '']
  const what =
    ip === otherIp && host === otherHost
      ? 'duplicate'
      : host === 0 || otherHost === 0
        ? 'overlapping'
        : host === otherHost && (ip === '') !== (otherIp === '')
          ? 'dangerously ambiguous'
          : undefined
  if (what !== undefined) warnings.add(undefined, `${what} port definition with ${path}`)
}
