/**
 * Holds pods to the Pod Security Standard that their namespace asks for: refuses them, warns about them and about the
 * workloads that would make such pods. Upstream: pod-security-admission/admission/admission.go.
 */
import type { Container } from '../../api/core/container.ts'
import type { Namespace } from '../../api/core/namespace.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import { forbidden, invalid } from '../../api/errors.ts'
import { groupResource, type KubeObject } from '../../api/kind.ts'
import type { ObjectMeta } from '../../api/meta/object-meta.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './plugin.ts'
import { formatViolations, violations } from './pod-security-checks.ts'
import { compareLevels, formatLevel, type LevelVersion, policyOf } from './pod-security-policy.ts'

/** More than these are not looked at when the level of a namespace changes. */
const MAX_PODS_CHECKED = 3000

interface Template {
  readonly metadata?: ObjectMeta
  readonly spec?: PodSpec
}

/** Where workloads keep the pod that they make. */
const TEMPLATES: Readonly<Record<string, (object: KubeObject) => Template | undefined>> = {
  podtemplates: (object) => (object as { template?: Template }).template,
  replicationcontrollers: templateOf,
  'replicasets.apps': templateOf,
  'deployments.apps': templateOf,
  'statefulsets.apps': templateOf,
  'daemonsets.apps': templateOf,
  'jobs.batch': templateOf,
  'cronjobs.batch': (object) =>
    (object as { spec?: { jobTemplate?: { spec?: { template?: Template } } } }).spec?.jobTemplate?.spec
      ?.template,
}
/** Through these the spec of a pod changes. */
const POD_PARTS = new Set(['', 'ephemeralcontainers', 'resize'])

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  handles({ kind, operation, subresource }) {
    if (operation !== 'CREATE' && operation !== 'UPDATE') return false
    const resource = groupResource(kind)
    if (resource === 'pods') return POD_PARTS.has(subresource)
    return subresource === '' && (resource === 'namespaces' || TEMPLATES[resource] !== undefined)
  },
  validate(object, attributes) {
    const resource = groupResource(attributes.kind)
    if (resource === 'namespaces') checkNamespace(object as Namespace, attributes)
    else if (resource === 'pods') checkPod(object as Pod, attributes)
    else checkTemplate(TEMPLATES[resource]!(object!), attributes)
  },
}

function templateOf(object: KubeObject): Template | undefined {
  return (object as { readonly spec?: { readonly template?: Template } }).spec?.template
}

function checkPod(pod: Pod, attributes: AdmissionAttributes): void {
  const policy = policyFor(attributes)
  if (policy === undefined) return
  if (attributes.old !== undefined && !changesWhatCounts(pod, attributes.old as Pod)) return
  const found = violations(pod.spec, pod.metadata ?? {}, policy.enforce)
  if (found.length > 0) {
    const why = `violates PodSecurity ${JSON.stringify(formatLevel(policy.enforce))}: ${formatViolations(found)}`
    throw forbidden(attributes.kind, attributes.name, why)
  }
  warn(pod.spec, pod.metadata, policy.warn, attributes)
}

function checkTemplate(template: Template | undefined, attributes: AdmissionAttributes): void {
  const policy = policyFor(attributes)
  if (policy === undefined || template?.spec === undefined) return
  warn(template.spec, template.metadata, policy.warn, attributes)
}

function warn(
  spec: PodSpec,
  metadata: ObjectMeta | undefined,
  level: LevelVersion,
  { warnings }: AdmissionAttributes,
): void {
  const found = violations(spec, metadata ?? {}, level)
  if (found.length === 0) return
  warnings.push(`would violate PodSecurity ${JSON.stringify(formatLevel(level))}: ${formatViolations(found)}`)
}

/** Undefined when the namespace asks for nothing. */
function policyFor({ server, namespace }: AdmissionAttributes) {
  const found = server.find('', 'namespaces', undefined, namespace) as Namespace | undefined
  if (found === undefined) return undefined
  const { policy } = policyOf(found)
  const asks = [policy.enforce, policy.warn].some((it) => it.level !== 'privileged')
  return asks ? policy : undefined
}

function checkNamespace(namespace: Namespace, attributes: AdmissionAttributes): void {
  const { kind, name, old, warnings } = attributes
  const { policy, errors } = policyOf(namespace)
  const before = old === undefined ? undefined : policyOf(old as Namespace)
  const known = before?.errors.list.map((it) => it.message).join() ?? ''
  if (!errors.empty && errors.list.map((it) => it.message).join() !== known) {
    throw invalid(kind, name, errors.list)
  }
  if (before === undefined || !isStricter(policy.enforce, before.policy.enforce)) return
  warnings.push(...warningsAboutPods(namespace.metadata!.name!, policy.enforce, attributes))
}

function isStricter(now: LevelVersion, before: LevelVersion): boolean {
  if (now.level === 'privileged' || (now.level === before.level && now.minor === before.minor)) return false
  return now.minor !== before.minor || compareLevels(now.level, before.level) > 0
}

/** Pods that are there already stay; who made the level stricter hears of them. */
function warningsAboutPods(
  namespace: string,
  level: LevelVersion,
  { server }: AdmissionAttributes,
): readonly string[] {
  const pods = server.each('', 'pods', namespace) as readonly Pod[]
  /** What is violated -> the names of the pods. */
  const alike = new Map<string, string[]>()
  for (const pod of pods.slice(0, MAX_PODS_CHECKED)) {
    const found = violations(pod.spec, pod.metadata ?? {}, level)
    if (found.length === 0) continue
    const reasons = found.map((it) => it.reason).join(', ')
    alike.set(reasons, [...(alike.get(reasons) ?? []), pod.metadata!.name!])
  }
  const lines = [...alike].map(([reasons, names]) => {
    const others = names.length - 1
    const more = others === 0 ? '' : ` (and ${others} other ${others === 1 ? 'pod' : 'pods'})`
    return `${[...names].sort()[0]}${more}: ${reasons}`
  })
  const partly =
    pods.length > MAX_PODS_CHECKED
      ? [
          `new PodSecurity enforce level only checked against the first ${MAX_PODS_CHECKED} of ${pods.length} existing pods`,
        ]
      : []
  const text = `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(formatLevel(level))}`
  return [...partly, ...(lines.length > 0 ? [text] : []), ...lines.sort()]
}

/** Only images and the containers themselves matter among what may change in a pod. */
function changesWhatCounts(pod: Pod, old: Pod): boolean {
  if (pod.spec === old.spec) return false
  const images = ({ spec }: Pod) =>
    [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]
      .map(({ name, image }: Container) => `${name}=${image}`)
      .join()
  return images(pod) !== images(old)
}
