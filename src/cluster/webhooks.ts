/**
 * The ways from the API server to admission webhooks: functions of this process, servers in pods behind a Service, and,
 * where the cluster is served to the outside, URLs on this machine.
 */
import type { Service } from '../api/core/service.ts'
import type { Maybe } from '../api/request.ts'
import type { HttpOutcome } from '../api/sockets.ts'
import type {
  AdmissionRequest,
  AdmissionResponse,
  AdmissionReview,
} from '../apiserver/admission/admission-review.ts'
import { urlOf, type WebhookAnswer, type WebhookCaller } from '../apiserver/admission/webhook-calls.ts'
import type { ApiServer } from '../apiserver/server.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import type { ClusterNetwork } from '../network/cluster-network.ts'
import { InputError } from './input-error.ts'

/** Time for functions that take some; a webhook must await nothing but this. */
export interface WebhookContext {
  /** Ms since the epoch, virtual. */
  readonly now: number
  sleep(ms: number): Promise<void>
}

/** Answers one question; throwing counts as a webhook that cannot be reached. */
export type WebhookHandler = (
  request: AdmissionRequest,
  context: WebhookContext,
) => AdmissionResponse | Promise<AdmissionResponse>

/** A webhook as a function of this process, at the address that configurations name it by. */
export interface WebhookFunction {
  /** `clientConfig.url`, or: */
  readonly url?: string
  /** `clientConfig.service` as `namespace/name`, with its path if configurations have one. */
  readonly service?: string
  readonly path?: string
  readonly handle: WebhookHandler
}

/** What Go's HTTP client says of an answer that does not come. */
const DEADLINE = 'context deadline exceeded'

type Config = Parameters<WebhookCaller['call']>[0]

export class ClusterWebhooks implements WebhookCaller {
  /** Takes reviews to URLs outside the cluster; set by whoever serves it. */
  outside: WebhookCaller | undefined
  readonly #loop: EventLoop
  readonly #server: ApiServer
  readonly #network: ClusterNetwork
  readonly #functions: Map<string, WebhookHandler>

  constructor(
    world: { readonly loop: EventLoop; readonly server: ApiServer; readonly podNetwork: ClusterNetwork },
    functions: readonly WebhookFunction[],
    from?: ClusterWebhooks,
  ) {
    this.#loop = world.loop
    this.#server = world.server
    this.#network = world.podNetwork
    this.#functions = new Map(from === undefined ? [] : from.#functions)
    for (const it of functions) this.register(it)
  }

  register({ url, service, path, handle }: WebhookFunction): void {
    if ((url === undefined) === (service === undefined)) {
      throw new InputError('a webhook has either a url or a service')
    }
    this.#functions.set(url ?? `${service}${path ?? '/'}`, handle)
  }

  call(config: Config, review: AdmissionReview, timeoutMs: number): Maybe<WebhookAnswer> {
    const { url, service } = config
    const key = service === undefined ? url! : `${service.namespace}/${service.name}${service.path ?? '/'}`
    const handle = this.#functions.get(key)
    if (handle !== undefined) return this.#run(handle, config, review, timeoutMs)
    if (service !== undefined) return this.#throughService(config, review, timeoutMs)
    if (this.outside !== undefined) return this.outside.call(config, review, timeoutMs)
    return { failure: `Post "${urlOf(config, timeoutMs / 1000)}": there is no network outside the cluster` }
  }

  /** As a task, so that the loop lets it run before time goes on, and knows what it waits for. */
  #run(
    handle: WebhookHandler,
    config: Config,
    review: AdmissionReview,
    timeoutMs: number,
  ): Promise<WebhookAnswer> {
    const { request } = review
    const loop = this.#loop
    const answer = loop.suspend<WebhookAnswer>()
    let over = false
    const finish = (it: WebhookAnswer) => {
      if (over) return
      over = true
      deadline.cancel()
      answer.resume(it)
    }
    const late = { failure: `Post "${urlOf(config, timeoutMs / 1000)}": ${DEADLINE}` }
    const deadline = loop.after(timeoutMs, () => finish(late), { label: 'webhook timeout' })
    loop.spawn(`webhook for ${request.operation} ${request.resource.resource}`, 'webhooks', async () => {
      try {
        const response = await handle(request, { now: loop.now, sleep: (ms) => loop.sleep(ms) })
        finish({ body: reviewed(review, response) })
      } catch (error) {
        finish({ failure: error instanceof Error ? error.message : String(error) })
      }
    })
    return answer.promise
  }

  /** Upstream: aggregator's service resolver, then the network of the API server's node. */
  #throughService(config: Config, review: AdmissionReview, timeoutMs: number): Maybe<WebhookAnswer> {
    const { name, namespace, port = 443, path = '/' } = config.service!
    const post = `Post "${urlOf(config, timeoutMs / 1000)}"`
    const service = this.#server.find('', 'services', namespace, name) as Service | undefined
    if (service === undefined) return { failure: `${post}: service ${JSON.stringify(name)} not found` }
    const from = this.#network.anyNode()
    const host = service.spec.clusterIP
    if (from === undefined || !host || host === 'None') {
      return { failure: `${post}: no endpoints available for service ${JSON.stringify(name)}` }
    }
    const answer = this.#loop.suspend<WebhookAnswer>()
    this.#network.http(
      from,
      { host, port },
      {
        method: 'POST',
        path: `${path}?timeout=${timeoutMs / 1000}s`,
        headers: { 'content-type': 'application/json', host: `${name}.${namespace}.svc` },
        body: JSON.stringify(review),
        tls: true,
      },
      { timeoutMs },
      (outcome) => answer.resume(answerOf(outcome, post)),
    )
    return answer.promise
  }
}

/** A function need not repeat the uid, and may give the operations of its patch as they are. */
function reviewed(review: AdmissionReview, response: AdmissionResponse): unknown {
  const { patch } = response
  const patchType = patch === undefined ? undefined : 'JSONPatch'
  return { ...review, response: { uid: review.request.uid, patchType, ...response } }
}

function answerOf(outcome: HttpOutcome, post: string): WebhookAnswer {
  if (!outcome.ok) {
    return { failure: `${post}: ${outcome.failure === 'i/o timeout' ? DEADLINE : outcome.detail}` }
  }
  const { status, body } = outcome.response
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  if (status !== 200) return { failure: `${post}: the server responded with the status code ${status}` }
  try {
    return { body: JSON.parse(text) }
  } catch {
    return { failure: `${post}: the answer is no JSON` }
  }
}
