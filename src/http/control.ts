/** `POST /kubarium/v1/control`: what `kubarium ctl` does to a running server. For who may do everything only. */
import { ApiError, badRequest, failure } from '../api/errors.ts'
import { parseDuration } from '../kernel/duration.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import type { WallPacer } from '../kernel/wall-clock.ts'

/** Things that can happen to a node, by name. */
export interface NodeFaults {
  crash(): void
  recover(): void
  crashKubelet(): void
  restartKubelet(): void
  partition(): void
  heal(): void
}

export interface ControlTarget {
  readonly loop: EventLoop
  readonly pacer: WallPacer
  node(name: string): NodeFaults | undefined
}

export interface ControlRequest {
  readonly action: string
  readonly arguments?: readonly string[]
}

const FAULTS = ['crash', 'recover', 'crashKubelet', 'restartKubelet', 'partition', 'heal'] as const

/** Resolves to what happened, in words. Throws ApiError for what makes no sense. */
export async function control(target: ControlTarget, request: ControlRequest): Promise<string> {
  const { loop, pacer } = target
  const [first = '', second = ''] = request.arguments ?? []
  switch (request.action) {
    case 'pause':
      loop.pause()
      return `paused at ${time(loop)}`
    case 'resume':
      pacer.rebase()
      loop.resume()
      return `running at ${pacer.speed} times real time`
    case 'step': {
      const count = first === '' ? 1 : Number(first)
      if (!(Number.isInteger(count) && count > 0 && count <= 1_000_000))
        throw badRequest('step takes a number of events')
      return `${await loop.step(count)} events, now ${time(loop)}`
    }
    case 'speed': {
      const speed = first === 'max' ? Number.POSITIVE_INFINITY : Number(first)
      if (!(speed > 0)) throw badRequest('speed takes a number above 0, or max')
      pacer.rebase(speed)
      return `running at ${first} times real time`
    }
    case 'advance': {
      const ms = parseDuration(first)
      if (ms === undefined || ms < 0) throw badRequest('advance takes a duration such as 90s or 6m')
      await loop.advance(ms)
      pacer.rebase()
      return `now ${time(loop)}`
    }
    case 'fault': {
      const fault = FAULTS.find((it) => it.toLowerCase() === second.replaceAll('-', '').toLowerCase())
      if (fault === undefined) throw badRequest(`fault takes a node and one of: ${FAULTS.join(', ')}`)
      const node = target.node(first)
      if (node === undefined)
        throw new ApiError(failure('NotFound', `there is no node ${JSON.stringify(first)}`))
      loop.enter(() => node[fault]())
      return `${first}: ${fault}`
    }
    default:
      throw badRequest(`unknown action ${JSON.stringify(request.action)}`)
  }
}

function time(loop: EventLoop): string {
  return new Date(loop.now).toISOString()
}
