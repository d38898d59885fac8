/** Asks everybody who wants to judge a request; all at once, and one refusal is enough (upstream: plugin/webhook/validating). */
import type { KubeObject } from '../../api/kind.ts'
import type { Maybe } from '../../api/request.ts'
import { after, inOrder } from '../maybe.ts'
import type { AdmissionAttributes, AdmissionPlugin } from './plugin.ts'
import { ask, concerned, type Webhook, Webhooks } from './webhook-calls.ts'

/** One per API server. */
export function validatingWebhooks(): AdmissionPlugin {
  const webhooks = new Webhooks('validatingwebhookconfigurations')
  return {
    name: 'ValidatingAdmissionWebhook',
    handles: (target, server) => webhooks.concern(target, server),
    validate(object, attributes) {
      const asked: Maybe<unknown>[] = []
      const concernedAll = inOrder(
        webhooks.all(attributes.server),
        undefined as undefined,
        (_, { webhook }) =>
          after(judgement(webhook, object, attributes), (judged) => {
            asked.push(judged.answer)
            return undefined
          }),
      )
      // The first refusal in order is the one that is told; the others have been asked all the same.
      return after(concernedAll, () =>
        inOrder(asked, undefined as undefined, (_, it) => after(it, () => undefined)),
      )
    },
  }
}

/** The answer in a box, since a promise in a promise would be waited for. */
function judgement(
  webhook: Webhook,
  object: KubeObject | undefined,
  attributes: AdmissionAttributes,
): Maybe<{ readonly answer: Maybe<unknown> }> {
  return after(concerned(webhook, object, attributes), (kind) => {
    if (kind === undefined) return { answer: undefined }
    const answer = ask(webhook, object, kind, attributes)
    // Whoever comes to a refusal first throws it; nobody is left with one unheard.
    if (answer instanceof Promise) answer.catch(() => undefined)
    return { answer }
  })
}
