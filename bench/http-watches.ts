/** Many watches on one resource: how late does an event arrive, and how many can be delivered in a second? */
import { fork } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { setPriority } from 'node:os'
import { get } from '../test/http/raw-client.ts'
import { ServerProcess } from '../test/http/server-process.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const WATCHES = Number(process.env['WATCHES'] ?? 10_000)
/** Of these the arrival of every event is noted. */
const NOTED = 200
/** The others are opened in so many batches, some of those between them. */
const BATCHES = 4
const SECONDS = Number(process.env['SECONDS'] ?? 10)
const AT = '"at":"'

/** Opens watches, a hundred at a time. */
async function openWatches(
  port: number,
  paths: readonly string[],
  heard: (chunk: Buffer) => void,
): Promise<Socket[]> {
  const open = (path: string) =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', reject)
      socket.on('data', (chunk: Buffer) => {
        heard(chunk)
        resolve(socket)
      })
      socket.write(get(path))
    })
  const sockets: Socket[] = []
  for (let from = 0; from < paths.length; from += 100) {
    sockets.push(...(await Promise.all(paths.slice(from, from + 100).map(open))))
  }
  return sockets
}

function eventsIn(chunk: Buffer): number {
  let count = 0
  for (let at = chunk.indexOf(AT); at >= 0; at = chunk.indexOf(AT, at + 1)) count++
  return count
}

/** Becomes the crowd when this process was started as one: watches that read after everybody else, and count. */
export function crowdIfChild(): boolean {
  if (process.send === undefined || process.argv[2] !== 'crowd') return false
  setPriority(19)
  let events = 0
  process.on('message', ({ port, paths }: { port: number; paths?: readonly string[] }) => {
    if (paths === undefined) process.send!(events)
    else void openWatches(port, paths, (chunk) => (events += eventsIn(chunk))).then(() => process.send!(0))
  })
  process.on('disconnect', () => process.exit())
  process.send(0)
  return true
}

export async function fanOut(print: (name: string, figure: string, more: string) => void): Promise<void> {
  // Everybody hears everything, or each hears of the object that it asks for.
  for (const [everybody, perSecond] of [
    [false, 1000],
    [true, 10],
    [true, 50],
    [true, 200],
  ] as const) {
    await using served = await ServerProcess.start('served')
    await served.order({ do: 'write', perSecond: 10_000, seconds: 1, objects: WATCHES })
    const crowd = fork(process.argv[1]!, ['crowd'])
    const answer = () => new Promise<number>((resolve) => crowd.once('message', resolve))
    const ask = (order: object) => {
      crowd.send(order)
      return answer()
    }
    await answer()
    const revision = await currentRevision(served.port)
    const paths = Array.from({ length: WATCHES }, (_, i) => {
      const selector = everybody ? '' : `&fieldSelector=metadata.name%3Dmoving-${i}`
      return `${MAPS}?watch=1&resourceVersion=${revision}${selector}`
    })
    const delaysMs: number[] = []
    const heard = (chunk: Buffer) => {
      const now = Number(process.hrtime.bigint() / 1000n)
      for (let at = chunk.indexOf(AT); at >= 0; at = chunk.indexOf(AT, at + 1)) {
        const written = Number(chunk.toString('latin1', at + AT.length, at + AT.length + 16))
        delaysMs.push((now - written) / 1000)
      }
    }
    const noted: Socket[] = []
    for (let batch = 0; batch < BATCHES; batch++) {
      const from = (WATCHES * batch) / BATCHES
      const to = (WATCHES * (batch + 1)) / BATCHES - NOTED / BATCHES
      await ask({ port: served.port, paths: paths.slice(from, to) })
      noted.push(...(await openWatches(served.port, paths.slice(to, to + NOTED / BATCHES), heard)))
    }
    const before = await served.order({ do: 'stats', reset: true })
    const after = await served.order({ do: 'write', perSecond, seconds: SECONDS, objects: WATCHES })
    const expected = perSecond * SECONDS * (everybody ? WATCHES : 1)
    let delivered = 0
    for (let i = 0; i < 50 && delivered < expected; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      delivered = (await ask({})) + delaysMs.length
    }
    delaysMs.sort((a, b) => a - b)
    const p = (share: number) => delaysMs[Math.floor(delaysMs.length * share)]!.toFixed(1)
    print(
      `http: ${WATCHES} watches, ${perSecond} events/s, ${everybody ? 'all to all' : 'each to its watch'}`,
      `p99 ${p(0.99)} ms`,
      `p50 ${p(0.5)} ms of ${delaysMs.length} noted; ${delivered} of ${expected} delivered; ${(after.cpuMs - before.cpuMs).toFixed(0)} ms of processor time in ${SECONDS} s; ${after.rssMiB.toFixed(0)} MiB`,
    )
    for (const socket of noted) socket.destroy()
    crowd.kill()
  }
}

async function currentRevision(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}${MAPS}?limit=1`)
  return ((await answer.json()) as { metadata: { resourceVersion: string } }).metadata.resourceVersion
}
