/** What plug-ins for pods have in common: the pods of one template share their spec, so each spec is looked at once. */
import type { PodSpec } from '../../api/core/pod-spec.ts'
import { deepFreeze } from '../../api/freeze.ts'
import type { AdmissionTarget } from './plugin.ts'

/** The pod itself, not one of its subresources. */
export function isPod({ kind, subresource }: AdmissionTarget): boolean {
  return subresource === '' && kind.resource === 'pods' && kind.group === ''
}

/** A function of frozen specs that remembers its result, so that equal pods keep sharing one spec. */
export function remembered(derive: (spec: PodSpec) => PodSpec): (spec: PodSpec) => PodSpec {
  const results = new WeakMap<PodSpec, PodSpec>()
  return (spec) => {
    const known = results.get(spec)
    if (known !== undefined) return known
    const result = deepFreeze(derive(spec))
    if (Object.isFrozen(spec)) results.set(spec, result)
    return result
  }
}
