/**
 * The same as {@link inProcessAgent} for what fetches with undici instead of `node:http`: `@kubernetes/client-node` from 2.0
 * on. A dispatcher is handed requests one by one, and tells a handler what comes back; undici's documentation
 * (`Dispatcher.md`) says which calls those are, as of its version 8.
 */
import { type Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

export interface DispatchOptions {
  readonly origin: string | URL
  readonly path: string
  readonly method: string
  readonly headers?: Iterable<readonly [string, string]> | Readonly<Record<string, string>> | null
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | null
}

/** What the handler may do with its request. */
export interface DispatchController {
  readonly aborted: boolean
  readonly reason: Error | null
  readonly paused: boolean
  readonly rawHeaders: readonly string[]
  abort(reason: Error): void
  pause(): void
  resume(): void
}

export interface DispatchHandler {
  onRequestStart?(controller: DispatchController, context: unknown): void
  onResponseStart?(
    controller: DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusText?: string,
  ): void
  onResponseData?(controller: DispatchController, chunk: Buffer): void
  onResponseEnd?(controller: DispatchController, trailers: object): void
  onResponseError?(controller: DispatchController, error: Error): void
}

export interface Dispatcher {
  /** Returns whether more may be dispatched at once. */
  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean
}

export function inProcessDispatcher(agent: Agent): Dispatcher {
  return {
    dispatch: (options, handler) => {
      new Dispatched(agent, options, handler)
      return true
    },
  }
}

class Dispatched implements DispatchController {
  aborted = false
  reason: Error | null = null
  rawHeaders: readonly string[] = []
  readonly #handler: DispatchHandler
  #destroy: (reason: Error) => void = () => {}
  #response: IncomingMessage | undefined

  constructor(
    agent: Agent,
    { origin, path, method, headers, body }: DispatchOptions,
    handler: DispatchHandler,
  ) {
    this.#handler = handler
    handler.onRequestStart?.(this, {})
    if (this.aborted) {
      this.#failed(this.reason!)
      return
    }
    const request = httpRequest(new URL(path, origin), { agent, method }, (it) => this.#answered(it))
    this.#destroy = (reason) => request.destroy(reason)
    request.on('error', (error) => this.#failed(error))
    const named = headers && Symbol.iterator in headers ? headers : Object.entries(headers ?? {})
    for (const [name, value] of named as Iterable<readonly [string, string]>)
      request.appendHeader(name, value)
    if (body === null || body === undefined || typeof body === 'string' || body instanceof Uint8Array)
      request.end(body ?? undefined)
    else Readable.from(body).pipe(request)
  }

  get paused(): boolean {
    return this.#response?.isPaused() ?? false
  }

  abort(reason: Error): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.#destroy(reason)
  }

  pause(): void {
    this.#response?.pause()
  }

  resume(): void {
    this.#response?.resume()
  }

  #answered(response: IncomingMessage): void {
    this.#response = response
    this.rawHeaders = response.rawHeaders
    const handler = this.#handler
    handler.onResponseStart?.(this, response.statusCode!, response.headers, response.statusMessage)
    response.on('data', (chunk: Buffer) => handler.onResponseData?.(this, chunk))
    response.on('end', () => handler.onResponseEnd?.(this, {}))
    response.on('error', (error) => this.#failed(error))
  }

  #failed(error: Error): void {
    this.#handler.onResponseError?.(this, this.reason ?? error)
  }
}
