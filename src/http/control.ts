/**
 * `POST /kubarium/v1/control`: what `kubarium ctl` does to a running server, and what `kubarium crictl` and the other
 * tools of a node ask it. For who may do everything only.
 */
import { ApiError, badRequest, failure } from '../api/errors.ts'
import { parseDuration } from '../kernel/duration.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import type { WallPacer } from '../kernel/wall-clock.ts'

/** Things that can happen to a node, by name, and its tools. */
export interface ControlledNode {
  crash(): void
  shutdown(): void
  recover(): void
  crashKubelet(): void
  restartKubelet(): void
  partition(): void
  heal(): void
  tool(command: readonly string[]): CommandResult
}

interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface ControlTarget {
  readonly loop: EventLoop
  readonly pacer: WallPacer
  node(name: string): ControlledNode | undefined
}

export interface ControlRequest {
  readonly action: string
  readonly arguments?: readonly string[]
}

export interface ControlAnswer {
  /** What happened, in words. */
  readonly message: string
  /** Of `tool`: what the tool printed and how it ended. */
  readonly result?: CommandResult
}

const FAULTS = [
  'crash',
  'shutdown',
  'recover',
  'crashKubelet',
  'restartKubelet',
  'partition',
  'heal',
] as const

/** Throws ApiError for what makes no sense. */
export async function control(target: ControlTarget, request: ControlRequest): Promise<ControlAnswer> {
  if (request.action !== 'tool') return { message: await act(target, request) }
  const [name = '', ...command] = request.arguments ?? []
  const result = nodeOf(target, name).tool(command)
  return { message: result.stdout, result }
}

async function act(target: ControlTarget, request: ControlRequest): Promise<string> {
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
      const node = nodeOf(target, first)
      loop.enter(() => node[fault]())
      return `${first}: ${fault}`
    }
    default:
      throw badRequest(`unknown action ${JSON.stringify(request.action)}`)
  }
}

function nodeOf(target: ControlTarget, name: string): ControlledNode {
  const node = target.node(name)
  if (node === undefined) throw new ApiError(failure('NotFound', `there is no node ${JSON.stringify(name)}`))
  return node
}

function time(loop: EventLoop): string {
  return new Date(loop.now).toISOString()
}
