/** Fills in and checks resources by the LimitRanges of a namespace (upstream: plugin/pkg/admission/limitranger). */
import type { Container } from '../../api/core/container.ts'
import type { LimitRange, LimitRangeItem } from '../../api/core/limit-range.ts'
import type { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import type { Pod } from '../../api/core/pod.ts'
import { podLimits, podRequests } from '../../api/core/pod-resources.ts'
import { forbidden } from '../../api/errors.ts'
import type { KubeObject } from '../../api/kind.ts'
import { compareQuantities, milliValue } from '../../api/quantity.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './plugin.ts'

const ANNOTATION = 'kubernetes.io/limit-ranger'

type Amounts = Readonly<Record<string, string>>
interface Resources {
  readonly limits?: Amounts
  readonly requests?: Amounts
}

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  handles: ({ kind, operation, subresource }) =>
    kind.group === '' &&
    ((kind.resource === 'pods' && operation === 'CREATE' && subresource === '') ||
      (kind.resource === 'pods' && operation === 'UPDATE' && subresource === 'resize') ||
      (kind.resource === 'persistentvolumeclaims' && operation !== 'DELETE' && subresource === '')),
  admit(object, attributes) {
    const items = itemsOf(attributes, 'Container')
    // A resize says what it wants; only limits are checked.
    const fills = attributes.kind.resource === 'pods' && attributes.operation === 'CREATE'
    if (items.length === 0 || !fills) return object
    return withDefaults(object as Pod, items) as KubeObject
  },
  validate(object, attributes) {
    const problems =
      attributes.kind.resource === 'pods'
        ? podProblems(object as Pod, attributes)
        : claimProblems(object as PersistentVolumeClaim, attributes)
    if (problems.length === 0) return
    const unique = [...new Set(problems)]
    const text = unique.length === 1 ? unique[0]! : `[${unique.join(', ')}]`
    throw forbidden(attributes.kind, attributes.name, text)
  },
}

function itemsOf({ server, namespace }: AdmissionAttributes, type: string): readonly LimitRangeItem[] {
  const ranges = server.cached('', 'limitranges', namespace) as readonly LimitRange[]
  return ranges.flatMap((range) => range.spec?.limits ?? []).filter((it) => it.type === type)
}

function withDefaults(pod: Pod, items: readonly LimitRangeItem[]): Pod {
  const limits: Amounts = Object.assign({}, ...items.map((it) => it.default ?? {}))
  const requests: Amounts = Object.assign({}, ...items.map((it) => it.defaultRequest ?? {}))
  const notes: string[] = []
  const complete = <C extends Container>(container: C, kind: string): C => {
    const set = {
      requests: missing(container.resources?.requests, requests),
      limits: missing(container.resources?.limits, limits),
    }
    for (const [what, names] of Object.entries(set)) {
      const list = Object.keys(names).sort()
      if (list.length > 0) notes.push(`${list.join(', ')} ${what.slice(0, -1)} for ${kind} ${container.name}`)
    }
    if (Object.keys(set.requests).length + Object.keys(set.limits).length === 0) return container
    return {
      ...container,
      resources: {
        ...container.resources,
        limits: { ...container.resources?.limits, ...set.limits },
        requests: { ...container.resources?.requests, ...set.requests },
      },
    }
  }
  const containers = (pod.spec.containers ?? []).map((it) => complete(it, 'container'))
  const initContainers = pod.spec.initContainers?.map((it) => complete(it, 'init container'))
  if (notes.length === 0) return pod
  const annotations = {
    ...pod.metadata?.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}`,
  }
  const spec = { ...pod.spec, containers, ...(initContainers ? { initContainers } : {}) }
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec }
}

function missing(given: Amounts | undefined, defaults: Amounts): Amounts {
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => given?.[name] === undefined))
}

function podProblems(pod: Pod, attributes: AdmissionAttributes): string[] {
  const problems: string[] = []
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  for (const item of itemsOf(attributes, 'Container')) {
    for (const container of containers) check(item, container.resources ?? {}, problems)
  }
  const podItems = itemsOf(attributes, 'Pod')
  if (podItems.length > 0) {
    const total = podTotal(pod)
    for (const item of podItems) check(item, total, problems)
  }
  return problems
}

/** All containers together, as they run; overhead is not the user's to answer for. */
function podTotal({ spec }: Pod): Resources {
  const own = { ...spec, overhead: undefined }
  return { limits: podLimits(own), requests: podRequests(own) }
}

function claimProblems(claim: PersistentVolumeClaim, attributes: AdmissionAttributes): string[] {
  const problems: string[] = []
  const asked = claim.spec.resources?.requests?.['storage']
  for (const { type, min, max } of itemsOf(attributes, 'PersistentVolumeClaim')) {
    atLeast(type, 'storage', min?.['storage'], asked, undefined, problems)
    const most = max?.['storage']
    if (most !== undefined && asked !== undefined && compareQuantities(asked, most) > 0) {
      problems.push(`maximum storage usage per ${type} is ${most}, but request is ${asked}`)
    }
  }
  return problems
}

function check(item: LimitRangeItem, { limits, requests }: Resources, problems: string[]): void {
  const { type, min, max, maxLimitRequestRatio } = item
  for (const [name, least] of Object.entries(min ?? {})) {
    atLeast(type, name, least, requests?.[name], limits?.[name], problems)
  }
  for (const [name, most] of Object.entries(max ?? {}))
    atMost(type, name, most, requests?.[name], limits?.[name], problems)
  for (const [name, ratio] of Object.entries(maxLimitRequestRatio ?? {})) {
    withinRatio(type, name, ratio, requests?.[name], limits?.[name], problems)
  }
}

function atLeast(
  type: string,
  name: string,
  least: string | undefined,
  request: string | undefined,
  limit: string | undefined,
  problems: string[],
): void {
  if (least === undefined) return
  const text = `minimum ${name} usage per ${type} is ${least}`
  if (request === undefined) problems.push(`${text}. No request is specified`)
  else if (compareQuantities(request, least) < 0) problems.push(`${text}, but request is ${request}`)
  else if (limit !== undefined && compareQuantities(limit, least) < 0) {
    problems.push(`${text}, but limit is ${limit}`)
  }
}

function atMost(
  type: string,
  name: string,
  most: string,
  request: string | undefined,
  limit: string | undefined,
  problems: string[],
): void {
  const text = `maximum ${name} usage per ${type} is ${most}`
  if (limit === undefined) problems.push(`${text}. No limit is specified`)
  else if (compareQuantities(limit, most) > 0) problems.push(`${text}, but limit is ${limit}`)
  else if (request !== undefined && compareQuantities(request, most) > 0) {
    problems.push(`${text}, but request is ${request}`)
  }
}

function withinRatio(
  type: string,
  name: string,
  ratio: string,
  request: string | undefined,
  limit: string | undefined,
  problems: string[],
): void {
  const text = `${name} max limit to request ratio per ${type} is ${ratio}`
  if (request === undefined || milliValue(request) === 0) {
    problems.push(`${text}, but no request is specified or request is 0`)
  } else if (limit === undefined || milliValue(limit) === 0) {
    problems.push(`${text}, but no limit is specified or limit is 0`)
  } else {
    const actual = milliValue(limit) / milliValue(request)
    if (actual > milliValue(ratio) / 1000)
      problems.push(`${text}, but provided ratio is ${actual.toFixed(6)}`)
  }
}
