/** What may change about a pod once it exists. Upstream: pkg/apis/core/validation ValidatePodUpdate. */
import type { FieldErrors } from '../field-errors.ts'
import { sameValue } from '../meta/validation.ts'
import type { Container } from './container.ts'
import type { Pod } from './pod.ts'
import type { PodSpec, Toleration } from './pod-spec.ts'

const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

export function validatePodUpdate(pod: Pod, old: Pod, errors: FieldErrors): void {
  const { spec } = pod
  if (spec === old.spec) return
  errors.at('spec', () => {
    if (!sameNumber(spec.containers, old.spec.containers, 'containers', errors)) return
    if (!sameNumber(spec.initContainers, old.spec.initContainers, 'initContainers', errors)) return
    validateDeadline(spec, old.spec, errors)
    validateTolerations(spec.tolerations ?? [], old.spec.tolerations ?? [], errors)
    validateGates(spec, old.spec, errors)
    const munged = withUpdatable(spec, old.spec)
    if (!sameValue(munged, old.spec)) {
      errors.forbidden(
        undefined,
        `pod updates may not change fields other than ${UPDATABLE}\n${differences(munged, old.spec)}`,
      )
    }
  })
}

function sameNumber(
  containers: readonly Container[] = [],
  old: readonly Container[] = [],
  field: string,
  errors: FieldErrors,
): boolean {
  if (containers.length === old.length) return true
  errors.forbidden(field, 'pod updates may not add or remove containers')
  return false
}

function validateDeadline(spec: PodSpec, old: PodSpec, errors: FieldErrors): void {
  const before = old.activeDeadlineSeconds
  const after = spec.activeDeadlineSeconds
  if (before === undefined || before === after) return
  if (after === undefined) {
    errors.invalid('activeDeadlineSeconds', undefined, 'must not update from a positive integer to nil value')
  } else if (after > before) {
    errors.invalid('activeDeadlineSeconds', after, 'must be less than or equal to previous value')
  }
}

function validateTolerations(
  tolerations: readonly Toleration[],
  old: readonly Toleration[],
  errors: FieldErrors,
): void {
  const withoutSeconds = ({ tolerationSeconds: _, ...rest }: Toleration) => rest
  const kept = old.every((it) =>
    tolerations.some((other) => sameValue(withoutSeconds(it), withoutSeconds(other))),
  )
  if (!kept)
    errors.forbidden('tolerations', 'existing toleration can not be modified except its tolerationSeconds')
}

function validateGates(spec: PodSpec, old: PodSpec, errors: FieldErrors): void {
  const before = new Set((old.schedulingGates ?? []).map((it) => it.name ?? ''))
  for (const { name = '' } of spec.schedulingGates ?? []) {
    if (!before.has(name)) {
      errors.forbidden('schedulingGates', `only deletion is allowed, but found new scheduling gate '${name}'`)
    }
  }
}

/** The new spec with all that may change set back: what still differs may not. */
function withUpdatable(spec: PodSpec, old: PodSpec): PodSpec {
  const images = (list: readonly Container[] | undefined, before: readonly Container[] | undefined) =>
    list?.map((it, index) => withImage(it, before?.[index]?.image))
  const grace =
    (old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1
      ? old.terminationGracePeriodSeconds
      : spec.terminationGracePeriodSeconds
  const munged: Record<string, unknown> = {
    ...spec,
    containers: images(spec.containers, old.containers),
    initContainers: images(spec.initContainers, old.initContainers),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    schedulingGates: old.schedulingGates,
    terminationGracePeriodSeconds: grace,
  }
  // A gated pod may still be narrowed to fewer nodes.
  if ((old.schedulingGates ?? []).length > 0) {
    if (contains(spec.nodeSelector, old.nodeSelector)) munged['nodeSelector'] = old.nodeSelector
    if (narrows(spec, old)) munged['affinity'] = old.affinity
  }
  for (const key of Object.keys(munged)) if (munged[key] === undefined) delete munged[key]
  return munged as unknown as PodSpec
}

function withImage(container: Container, image: string | undefined): Container {
  const { image: _, ...rest } = container
  return image === undefined ? rest : { ...rest, image }
}

type Labels = Readonly<Record<string, string>> | undefined

function contains(labels: Labels, old: Labels): boolean {
  return Object.entries(old ?? {}).every(
    ([key, value]) => labels !== undefined && Object.hasOwn(labels, key) && labels[key] === value,
  )
}

/** Only node affinity changed, and each term that was required before still is, perhaps with more. */
function narrows(spec: PodSpec, old: PodSpec): boolean {
  const { nodeAffinity, ...rest } = spec.affinity ?? {}
  const { nodeAffinity: oldNode, ...oldRest } = old.affinity ?? {}
  if (!sameValue(rest, oldRest)) return false
  const terms = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  const oldTerms = oldNode?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  if (oldTerms === undefined) return true
  if (terms?.length !== oldTerms.length) return false
  return oldTerms.every((before, index) => {
    const after = terms[index] ?? {}
    const includes = (list: readonly unknown[] = [], part: readonly unknown[] = []) =>
      part.every((it) => list.some((other) => sameValue(it, other)))
    return (
      includes(after.matchExpressions, before.matchExpressions) &&
      includes(after.matchFields, before.matchFields)
    )
  })
}

/** The fields that differ, a line each: enough to see what was touched. */
function differences(spec: PodSpec, old: PodSpec): string {
  const keys = [...new Set([...Object.keys(old), ...Object.keys(spec)])].sort() as (keyof PodSpec)[]
  const lines = keys.flatMap((key) => {
    if (sameValue(spec[key], old[key])) return []
    const line = (sign: string, value: unknown) =>
      value === undefined ? [] : [`${sign} \t${key}: ${JSON.stringify(value)},`]
    return [...line('-', old[key]), ...line('+', spec[key])]
  })
  return ['  core.PodSpec{', ...lines, '  }', ''].join('\n')
}
