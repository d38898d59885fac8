/** Turns a priority class's name into the priority it stands for (upstream: plugin/pkg/admission/priority). */
import type { Pod } from '../../api/core/pod.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import { forbidden } from '../../api/errors.ts'
import { deepFreeze } from '../../api/freeze.ts'
import type { KubeObject } from '../../api/kind.ts'
import type { PriorityClass } from '../../api/scheduling/priority-class.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './plugin.ts'
import { isPod } from './pods.ts'

interface Resolved {
  readonly name: string | undefined
  readonly value: number
  readonly preemptionPolicy: string
}

export const priority: AdmissionPlugin = {
  name: 'Priority',
  handles: (attributes) => isPod(attributes) && attributes.operation !== 'DELETE',
  admit(object, attributes) {
    const pod = object as Pod
    const old = attributes.old as Pod | undefined
    if (old !== undefined) return keepPriority(pod, old)
    const resolved = resolve(attributes, pod.spec.priorityClassName)
    const spec = prioritized(attributes, pod.spec, resolved)
    return spec === pod.spec ? object : ({ ...pod, spec } as KubeObject)
  },
}

// Class objects are frozen, so that a spec admitted with one has the same result as long as the class is there.
const admitted = new WeakMap<PodSpec, { readonly resolved: Resolved; readonly spec: PodSpec }>()

function prioritized(attributes: AdmissionAttributes, spec: PodSpec, resolved: Resolved): PodSpec {
  const known = admitted.get(spec)
  if (known?.resolved === resolved) return known.spec
  const refuse = (why: string) => forbidden({ group: '', resource: 'pods' }, attributes.name, why)
  if (spec.priority !== undefined && spec.priority !== resolved.value) {
    throw refuse(
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${resolved.value} from the given PriorityClass name`,
    )
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== resolved.preemptionPolicy) {
    throw refuse(
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${resolved.preemptionPolicy} from the given PriorityClass name`,
    )
  }
  const result = deepFreeze({
    ...spec,
    ...(resolved.name === undefined ? {} : { priorityClassName: resolved.name }),
    priority: resolved.value,
    preemptionPolicy: resolved.preemptionPolicy,
  })
  if (Object.isFrozen(spec)) admitted.set(spec, { resolved, spec: result })
  return result
}

const NO_CLASS: Resolved = { name: undefined, value: 0, preemptionPolicy: 'PreemptLowerPriority' }
const byClass = new WeakMap<PriorityClass, Resolved>()

function resolve(attributes: AdmissionAttributes, name: string | undefined): Resolved {
  const { server } = attributes
  if (name) {
    const found = server.find('scheduling.k8s.io', 'priorityclasses', undefined, name)
    if (found !== undefined) return resolvedFrom(found as PriorityClass)
    throw forbidden(
      { group: '', resource: 'pods' },
      attributes.name,
      `no PriorityClass with name ${name} was found`,
    )
  }
  let best: PriorityClass | undefined
  for (const object of server.cached('scheduling.k8s.io', 'priorityclasses')) {
    const candidate = object as PriorityClass
    if (candidate.globalDefault && (best === undefined || candidate.value < best.value)) best = candidate
  }
  return best === undefined ? NO_CLASS : resolvedFrom(best)
}

function resolvedFrom(found: PriorityClass): Resolved {
  let resolved = byClass.get(found)
  if (resolved === undefined) {
    resolved = {
      name: found.metadata!.name,
      value: found.value,
      preemptionPolicy: found.preemptionPolicy ?? 'PreemptLowerPriority',
    }
    byClass.set(found, resolved)
  }
  return resolved
}

/** Clients that send a pod back without its priority do not mean to change it. */
function keepPriority(pod: Pod, old: Pod): KubeObject {
  const { priority: value, preemptionPolicy } = old.spec
  const missing =
    (pod.spec.priority === undefined && value !== undefined) ||
    (pod.spec.preemptionPolicy === undefined && preemptionPolicy !== undefined)
  if (!missing) return pod as KubeObject
  return {
    ...pod,
    spec: { ...pod.spec, priority: pod.spec.priority ?? value, preemptionPolicy },
  } as KubeObject
}
