/**
 * Parts of a pod that may change while it runs, each through an endpoint of its own: pods/x/ephemeralcontainers only
 * adds containers, pods/x/resize only changes the resources of those there are (upstream: registry/core/pod/strategy.go).
 */
import type { Pod } from '../../api/core/pod.ts'
import { resized, validatePodResize, whyNotResized } from '../../api/core/pod-resize.ts'
import { methodNotServed } from '../../api/errors.ts'
import type { ApiResponse, Maybe } from '../../api/request.ts'
import { decodeBody } from '../body.ts'
import { answer, type Call } from '../call.ts'
import { get } from '../list.ts'
import { after } from '../maybe.ts'
import { patch } from '../patch.ts'
import { change, type UpdateStrategy } from '../update.ts'

const EPHEMERAL: UpdateStrategy = {
  merge(next, old, call) {
    const pod = old as Pod
    const { ephemeralContainers } = (next as Pod).spec
    const merged = { ...pod, spec: { ...pod.spec, ephemeralContainers } }
    return call.resource.kind.defaults?.(merged) ?? merged
  },
  validate(object, old, errors, call) {
    call.resource.kind.validate?.(object, errors, old)
    const now = (object as Pod).spec.ephemeralContainers ?? []
    const before = (old as Pod).spec.ephemeralContainers ?? []
    errors.at('spec', () =>
      errors.at('ephemeralContainers', () => {
        for (const known of before) {
          if (now.some((it) => it.name === known.name)) continue
          errors.forbidden(undefined, `existing ephemeral containers "${known.name}" may not be removed`)
        }
      }),
    )
  },
}

const RESIZE: UpdateStrategy = {
  merge(next, old, call) {
    const merged = resized(next as Pod, old as Pod)
    return call.resource.kind.defaults?.(merged) ?? merged
  },
  validate(object, old, errors, call) {
    const refusal = whyNotResized(old as Pod)
    if (refusal !== undefined) return errors.forbidden({ key: '' }, refusal)
    call.resource.kind.validate?.(object, errors, old)
    validatePodResize(object as Pod, old as Pod, errors)
  },
}

export function ephemeralContainers(call: Call): Maybe<ApiResponse> {
  return part(call, EPHEMERAL)
}

export function resize(call: Call): Maybe<ApiResponse> {
  return part(call, RESIZE)
}

function part(call: Call, strategy: UpdateStrategy): Maybe<ApiResponse> {
  switch (call.request.verb) {
    case 'get':
      return get(call)
    case 'patch':
      return patch(call, strategy)
    case 'update': {
      const next = decodeBody(call)
      return after(
        change(call, strategy, () => next),
        (stored) => answer(call, 200, stored),
      )
    }
    default:
      throw methodNotServed()
  }
}
