/**
 * What webhooks and policies match: rules over group, version, resource and operation, and selectors over labels.
 * Upstream: apiserver/pkg/admission/plugin/webhook/predicates.
 */
import type { NamedRuleWithOperations } from '../../api/admissionregistration/webhook.ts'
import type { KindDefinition, KubeObject } from '../../api/kind.ts'
import { compileSelector } from '../../api/label-selector.ts'
import type { LabelSelector } from '../../api/meta/label-selector.ts'
import type { ServerContext } from '../call.ts'
import type { AdmissionAttributes, AdmissionTarget } from './plugin.ts'

/** A rule of a webhook is one of a policy without names. */
export type Rule = NamedRuleWithOperations

export interface Selectors {
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
}

const GROUP = 'admissionregistration.k8s.io'

/** Nobody may lock themselves out of what configures admission. */
export function isExempt({ group, resource }: KindDefinition): boolean {
  return (
    group === GROUP &&
    (resource.endsWith('webhookconfigurations') || resource.startsWith('validatingadmission'))
  )
}

/** Whether a rule could match a request on the target in one of the versions in which it is served. */
export function couldMatch(
  rules: readonly Rule[] | undefined,
  target: AdmissionTarget,
  server: ServerContext,
): boolean {
  const kinds = equivalents(target.kind, server)
  return (rules ?? []).some((rule) => kinds.some((kind) => matchesTarget(rule, kind, target)))
}

/** Whether a rule matches the request as `kind` is asked for; names are those of policies' rules. */
export function matchesRule(rule: Rule, kind: KindDefinition, attributes: AdmissionAttributes): boolean {
  if (!matchesTarget(rule, kind, attributes)) return false
  const { resourceNames } = rule
  return !resourceNames?.length || resourceNames.includes(attributes.name)
}

/** The kind in whose version a request is seen: the one asked for, or an equivalent one when the policy says so. */
export function matchedKind(
  rules: readonly Rule[] | undefined,
  matchPolicy: string | undefined,
  attributes: AdmissionAttributes,
): KindDefinition | undefined {
  const asked = attributes.call.kind
  const matches = (kind: KindDefinition) => rules?.some((rule) => matchesRule(rule, kind, attributes))
  if (matches(asked)) return asked
  if (matchPolicy === 'Exact') return undefined
  return equivalents(attributes.kind, attributes.server).find((kind) => kind !== asked && matches(kind))
}

/** All kinds that serve the same objects. */
function equivalents(kind: KindDefinition, server: ServerContext): readonly KindDefinition[] {
  const all = server.scheme
    .all()
    .filter((it) => it.kind === kind.kind && storageOf(it) === `${kind.group}/${kind.resource}`)
  return all.includes(kind) ? all : [kind, ...all]
}

function storageOf(kind: KindDefinition): string {
  const { group, resource } = kind.stored?.kind() ?? kind
  return `${group}/${resource}`
}

function matchesTarget(
  rule: Rule,
  kind: KindDefinition,
  { operation, subresource }: AdmissionTarget,
): boolean {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule
  if (!has(operations, operation) || !has(apiGroups, kind.group) || !has(apiVersions, kind.version))
    return false
  if (scope === 'Namespaced' && !kind.namespaced) return false
  if (scope === 'Cluster' && kind.namespaced) return false
  return resources.some((it) => matchesResource(it, kind.resource, subresource))
}

function matchesResource(pattern: string, resource: string, subresource: string): boolean {
  const [of = '', sub = ''] = pattern.split('/')
  if (pattern === '*') return subresource === ''
  return (of === '*' || of === resource) && (sub === '*' || sub === subresource)
}

function has(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value)
}

/** Whether the labels of the object's namespace and of the object, as it is or as it was, are selected. */
export function isSelected(
  { namespaceSelector, objectSelector }: Selectors,
  object: KubeObject | undefined,
  attributes: AdmissionAttributes,
): boolean {
  return (
    (isEmpty(namespaceSelector) || inSelectedNamespace(namespaceSelector!, object, attributes)) &&
    (isEmpty(objectSelector) ||
      [object, attributes.old].some((it) => it !== undefined && select(objectSelector!, it)))
  )
}

function isEmpty(selector: LabelSelector | undefined): boolean {
  return (
    selector === undefined ||
    (Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0)
  )
}

/** A Namespace counts by its own labels; other objects without a namespace are always selected. */
function inSelectedNamespace(
  selector: LabelSelector,
  object: KubeObject | undefined,
  attributes: AdmissionAttributes,
): boolean {
  const { kind, old } = attributes
  if (kind.resource === 'namespaces' && kind.group === '') {
    const own = object ?? old
    return own === undefined || select(selector, own)
  }
  const namespace = namespaceOf(attributes)
  return namespace === undefined || select(selector, namespace)
}

/** The namespace that the object is in, as it is now; undefined for what is in none. */
export function namespaceOf({ kind, namespace, server }: AdmissionAttributes): KubeObject | undefined {
  return kind.namespaced ? server.find('', 'namespaces', undefined, namespace) : undefined
}

function select(selector: LabelSelector, { metadata }: KubeObject): boolean {
  return compileSelector(selector).matches(metadata?.labels)
}
