/**
 * Lets webhooks change objects, one after the other; those that ask for it see the object again when somebody changed
 * it after them. Upstream: plugin/webhook/mutating/dispatcher.go and reinvocationcontext.go.
 */
import { decode } from '../../api/decode.ts'
import { internalError } from '../../api/errors.ts'
import { deepFreeze } from '../../api/freeze.ts'
import type { KindDefinition, KubeObject } from '../../api/kind.ts'
import { applyJsonPatch } from '../../api/patch/json-patch.ts'
import { PatchError } from '../../api/patch/strategic-merge.ts'
import { equal } from '../equal.ts'
import { after, inOrder } from '../maybe.ts'
import { served, stored } from '../versions.ts'
import type { AdmissionResponse } from './admission-review.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './plugin.ts'
import { ask, concerned, Webhooks } from './webhook-calls.ts'

/** What is remembered of one request between the two passes over it. */
interface Passes {
  /** The second pass asks only these. */
  readonly again: Set<string>
  /** Asked already, and want to see later changes. */
  readonly asked: Set<string>
  second: boolean
  wantsSecond: boolean
  /** As the webhooks left it. */
  last: KubeObject | undefined
}

/** One per API server. */
export function mutatingWebhooks(): AdmissionPlugin {
  const webhooks = new Webhooks('mutatingwebhookconfigurations')
  const passes = new WeakMap<AdmissionAttributes, Passes>()
  return {
    name: 'MutatingAdmissionWebhook',
    handles: (target, server) => webhooks.concern(target, server),
    admit(object, attributes) {
      let pass = passes.get(attributes)
      if (pass === undefined) {
        pass = { again: new Set(), asked: new Set(), second: false, wantsSecond: false, last: undefined }
        passes.set(attributes, pass)
      }
      const state = pass
      // The plug-ins before us have changed the object since: everybody who wants to may look again.
      if (state.second && state.last !== object) askAgain(state)
      const admitted = inOrder(webhooks.all(attributes.server), object, (current, { webhook, id }) => {
        if (state.second && !state.again.has(id)) return current
        return after(concerned(webhook, current, attributes), (kind) => {
          if (kind === undefined) return current
          return after(ask(webhook, current, kind, attributes), (response) => {
            const next = response === undefined ? current : patched(current, response, kind, attributes)
            if (next !== current) {
              askAgain(state)
              state.wantsSecond = true
            }
            if (webhook.reinvocationPolicy === 'IfNeeded') state.asked.add(id)
            return next
          })
        })
      })
      return after(admitted, (result) => {
        state.last = result
        return result
      })
    },
    /** What is deleted can only be refused. */
    validate(object, attributes) {
      if (object !== undefined) return undefined
      return inOrder(webhooks.all(attributes.server), undefined as undefined, (_, { webhook }) =>
        after(concerned(webhook, object, attributes), (kind) =>
          kind === undefined ? undefined : after(ask(webhook, object, kind, attributes), () => undefined),
        ),
      )
    },
    wantsAgain(attributes) {
      const state = passes.get(attributes)
      if (state === undefined || state.second || !state.wantsSecond) return false
      state.second = true
      return true
    },
  }
}

function askAgain({ again, asked }: Passes): void {
  for (const id of asked) again.add(id)
  asked.clear()
}

/** The object as the webhook wants it, in the version in which it is stored. */
function patched(
  object: KubeObject,
  { patch }: AdmissionResponse,
  kind: KindDefinition,
  attributes: AdmissionAttributes,
): KubeObject {
  if (patch === undefined || patch.length === 0) return object
  const { posted, kind: storage } = attributes
  const before = posted === undefined ? served(kind, object) : object
  const after = applied(before, typeof patch === 'string' ? operationsOf(patch) : patch)
  if (equal(after, before)) return object
  if (posted !== undefined) return deepFreeze(after)
  const { object: decoded } = decode(kind, after, { fieldValidation: 'Ignore' })
  const next = stored(kind, storage, decoded)
  return storage.defaults?.(next) ?? next
}

function operationsOf(base64: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(base64), (it) => it.charCodeAt(0))))
  } catch (error) {
    throw internalError(error instanceof Error ? error.message : String(error))
  }
}

function applied(object: KubeObject, operations: unknown): KubeObject {
  try {
    return applyJsonPatch(object, operations) as KubeObject
  } catch (error) {
    if (error instanceof PatchError) throw internalError(error.message)
    throw error
  }
}
