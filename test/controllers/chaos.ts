/**
 * The mixed workload under faults: random latency, controller managers that die between any two of their writes,
 * before or after the write has happened, caches that lag, events that are missed or told twice. Whatever happens on
 * the way, the end is that of a run without faults.
 */
import type { ApiRequest } from '../../src/api/request.ts'
import type { Link } from '../../src/client/transport.ts'
import { type Random, randomStream } from '../../src/kernel/random.ts'
import { ACTS, describe, type Pace } from './chaos-workload.ts'
import { World } from './world.ts'

const MANAGER = 'kube-controller-manager'

/** Runs the workload; `seed` undefined: without faults. Returns what it ends in, as text. */
export async function runWorkload(seed: number | undefined, pace: Pace): Promise<string> {
  const random = randomStream(seed ?? 0, 'chaos')
  const latency = seed === undefined ? undefined : () => random.float() * 40
  const world = await World.create({ nodes: 4, latency })
  const chaos = seed === undefined ? undefined : new Chaos(world, random)
  for (const [i, play] of ACTS.entries()) {
    const ends = world.now + pace.seconds[i]! * 1000
    chaos?.begin()
    await play(world)
    await world.advance(pace.risky)
    chaos?.end()
    await world.advance((ends - world.now) / 1000)
  }
  await world.settle()
  return describe(world)
}

const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch'])
/** Of a hundred writes so many end in a crash before they are sent, after they have happened, or in an error. */
const PER_CENT = { before: 1, after: 1, refused: 1 }
const WATCHED = [
  'pods',
  'replicasets',
  'jobs',
  'nodes',
  'persistentvolumeclaims',
  'volumeattachments',
  undefined,
]

class Chaos {
  readonly #world: World
  readonly #random: Random
  readonly #link: Link
  #active = false

  constructor(world: World, random: Random) {
    this.#world = world
    this.#random = random
    this.#link = world.harness.network.link(MANAGER)
  }

  begin(): void {
    this.#active = true
    this.#link.faults = {
      outbound: (request) => this.#outbound(request),
      inbound: (request) => this.#inbound(request),
    }
    this.#disturbWatches()
  }

  end(): void {
    this.#active = false
    this.#link.faults = undefined
    this.#link.release()
  }

  #outbound(request: ApiRequest) {
    if (READS.has(request.verb)) return undefined
    if (this.#chance(PER_CENT.before)) return this.#crash()
    if (!this.#chance(PER_CENT.refused)) return undefined
    const message = 'etcdserver: request timed out'
    return {
      ok: false,
      code: 500,
      status: { kind: 'Status', status: 'Failure', code: 500, reason: 'InternalError', message },
    } as never
  }

  #inbound(request: ApiRequest) {
    return !READS.has(request.verb) && this.#chance(PER_CENT.after) ? this.#crash() : undefined
  }

  #crash(): 'lost' {
    const { manager, harness } = this.#world
    manager.crash()
    harness.loop.after(
      this.#random.float() * 2000,
      () => {
        if (manager.state === 'crashed') manager.restart()
      },
      { background: true },
    )
    return 'lost'
  }

  /** Every second or so a cache falls behind, loses its watch, or its place in history. */
  #disturbWatches(): void {
    if (!this.#active) return
    const resource = WATCHED[Math.floor(this.#random.float() * WATCHED.length)]
    const kind = this.#random.float()
    if (kind < 0.4) {
      this.#link.hold(resource)
      const release = () => this.#link.release(resource)
      this.#later(this.#random.float() * 3000, release)
    } else if (kind < 0.7) this.#link.dropWatches(resource)
    else this.#link.expireWatches(resource)
    this.#later(500 + this.#random.float() * 1500, () => this.#disturbWatches())
  }

  #later(delayMs: number, run: () => void): void {
    this.#world.harness.loop.after(delayMs, run, { background: true })
  }

  #chance(perCent: number): boolean {
    return this.#active && this.#random.float() * 100 < perCent
  }
}
