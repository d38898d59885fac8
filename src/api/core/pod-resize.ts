/** What pods/x/resize may change. Upstream: pkg/apis/core/validation ValidatePodResize. */
import type { FieldErrors } from '../field-errors.ts'
import { sameValue } from '../meta/validation.ts'
import { compareQuantities } from '../quantity.ts'
import type { Container } from './container.ts'
import type { Pod } from './pod.ts'
import { qosClassOf } from './qos-class.ts'

type Amounts = Readonly<Record<string, string>>

const RESIZED = ['cpu', 'memory'] as const
const MIRROR = 'kubernetes.io/config.mirror'

/** Why a pod cannot be resized whatever is asked. */
export function whyNotResized(old: Pod): string | undefined {
  if (Object.hasOwn(old.metadata?.annotations ?? {}, MIRROR)) return 'static pods cannot be resized'
  if (old.spec.os?.name === 'windows') return 'windows pods cannot be resized'
  return undefined
}

/** The spec as it was but for the resources of its containers; other lists of containers stay, to be refused. */
export function resized(pod: Pod, old: Pod): Pod {
  const { containers, initContainers } = pod.spec
  if (
    !same(containers, old.spec.containers, 'length') ||
    !same(initContainers, old.spec.initContainers, 'length')
  )
    return { ...old, spec: pod.spec }
  const spec = { ...old.spec, containers: withResources(containers, old.spec.containers) ?? [] }
  const inits = withResources(initContainers, old.spec.initContainers)
  return { ...old, spec: inits === undefined ? spec : { ...spec, initContainers: inits } }
}

type Containers = readonly Container[] | undefined

function same(containers: Containers, old: Containers, what: 'length' | 'names'): boolean {
  if ((containers?.length ?? 0) !== (old?.length ?? 0)) return false
  return what === 'length' || (old ?? []).every((it, index) => it.name === containers?.[index]?.name)
}

function withResources(containers: Containers, old: Containers): Containers {
  if (!same(containers, old, 'names')) return containers
  return old?.map((before, index) => {
    const { resources: _resources, resizePolicy: _policy, ...rest } = before
    const { resources, resizePolicy } = containers?.[index] ?? {}
    return { ...rest, ...(resources && { resources }), ...(resizePolicy && { resizePolicy }) } as Container
  })
}

export function validatePodResize(pod: Pod, old: Pod, errors: FieldErrors): void {
  const { spec } = pod
  errors.at('spec', () => {
    const before = old.status?.qosClass ?? qosClassOf(old)
    if (before !== qosClassOf(pod)) {
      errors.invalid(
        undefined,
        pod.status?.qosClass ?? '',
        'Pod QOS Class may not change as a result of resizing',
      )
    }
    const running = old.status?.containerStatuses?.find((it) => it.state?.running !== undefined)
    if (running !== undefined && running.resources === undefined) {
      errors.forbidden(undefined, 'Pod running on node without support for resize')
    }
    const ordered = validateOrder('containers', spec.containers, old.spec.containers, errors)
    if (!validateOrder('initContainers', spec.initContainers, old.spec.initContainers, errors) || !ordered)
      return
    const inits = old.spec.initContainers
    errors.each('initContainers', spec.initContainers, (container, index) => {
      if (isSidecar(inits?.[index])) validateAmounts(container, inits?.[index], errors)
    })
    errors.each('containers', spec.containers, (container, index) =>
      validateAmounts(container, old.spec.containers[index], errors),
    )
    for (const [index, container] of spec.containers.entries()) {
      if (!changesOnlyAmounts(container, old.spec.containers[index])) {
        errors.forbidden(undefined, 'only cpu and memory resources are mutable')
      }
    }
    for (const [index, container] of (spec.initContainers ?? []).entries()) {
      if (!isSidecar(container)) {
        if (sameValue(container, inits?.[index])) continue
        errors.forbidden(undefined, 'resources for non-sidecar init containers are immutable')
      } else if (!changesOnlyAmounts(container, inits?.[index])) {
        errors.forbidden(undefined, 'only cpu and memory resources for sidecar containers are mutable')
      }
    }
  })
}

function isSidecar(container: Container | undefined): boolean {
  return container?.restartPolicy === 'Always'
}

function validateOrder(field: string, containers: Containers, old: Containers, errors: FieldErrors): boolean {
  if (!same(containers, old, 'length')) {
    errors.forbidden(field, `${field} may not be added or removed on resize`)
    return false
  }
  errors.each(field, containers, ({ name }, index) => {
    if (name !== old?.[index]?.name) {
      errors.forbidden('name', `${field} may not be renamed or reordered on resize`)
    }
  })
  return same(containers, old, 'names')
}

function validateAmounts(container: Container, old: Container | undefined, errors: FieldErrors): void {
  const { requests, limits } = container.resources ?? {}
  const before = old?.resources
  const memory = limits?.['memory']
  const limit = before?.limits?.['memory']
  const policy = container.resizePolicy?.find((it) => it.resourceName === 'memory')?.restartPolicy
  errors.at('resources', () => {
    if (lacks(requests, before?.requests)) errors.forbidden('requests', 'resource requests cannot be removed')
    if (lacks(limits, before?.limits)) errors.forbidden('limits', 'resource limits cannot be removed')
    if (memory === undefined || (policy !== undefined && policy !== 'NotRequired')) return
    const change =
      limit === undefined ? 'added' : compareQuantities(memory, limit) < 0 ? 'decreased' : undefined
    if (change === undefined) return
    const detail = `memory limits cannot be ${change} unless resizePolicy is RestartContainer`
    errors.at('limits', () => errors.forbidden({ key: 'memory' }, detail))
  })
}

function lacks(amounts: Amounts = {}, old: Amounts = {}): boolean {
  return Object.keys(old).some((name) => !Object.hasOwn(amounts, name))
}

function changesOnlyAmounts(container: Container, old: Container | undefined): boolean {
  const reset = (amounts: Amounts = {}, before: Amounts | undefined) => {
    if (before === undefined) return undefined
    const { cpu: _cpu, memory: _memory, ...rest } = amounts
    const kept = RESIZED.filter((name) => Object.hasOwn(before, name)).map((name) => [name, before[name]])
    return { ...rest, ...Object.fromEntries(kept) }
  }
  const { requests, limits } = container.resources ?? {}
  const before = old?.resources
  return (
    sameValue({ ...container, resources: undefined }, { ...old, resources: undefined }) &&
    sameValue(reset(limits, before?.limits), before?.limits) &&
    sameValue(reset(requests, before?.requests), before?.requests) &&
    before?.claims === undefined
  )
}
