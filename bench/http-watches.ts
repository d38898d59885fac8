/** Many watches on one resource: how late does an event arrive, and how many can be delivered in a second? */
import { connect, type Socket } from 'node:net'
import { get } from '../test/http/raw-client.ts'
import { ServerProcess } from '../test/http/server-process.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const WATCHES = Number(process.env['WATCHES'] ?? 10_000)
const SECONDS = Number(process.env['SECONDS'] ?? 10)
const AT = '"at":"'

/** Sockets that watch; each of them is opened before the next hundred. */
async function openWatches(
  port: number,
  path: (i: number) => string,
  heard: (chunk: Buffer, i: number) => void,
) {
  const sockets: Socket[] = []
  for (let from = 0; from < WATCHES; from += 100) {
    await Promise.all(
      Array.from(
        { length: 100 },
        (_, n) =>
          new Promise<void>((resolve, reject) => {
            const i = from + n
            const socket = connect(port, '127.0.0.1')
            sockets.push(socket)
            socket.on('error', reject)
            socket.on('data', (chunk: Buffer) => {
              heard(chunk, i)
              resolve()
            })
            socket.write(get(path(i)))
          }),
      ),
    )
  }
  return sockets
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
    const delaysMs: number[] = []
    let events = 0
    let measuring = false
    const heard = (chunk: Buffer) => {
      if (!measuring) return
      const now = Number(process.hrtime.bigint() / 1000n)
      for (let at = chunk.indexOf(AT); at >= 0; at = chunk.indexOf(AT, at + 1)) {
        events++
        const written = Number(chunk.toString('latin1', at + AT.length, at + AT.length + 16))
        if (written > 0 && events % 16 === 0) delaysMs.push((now - written) / 1000)
      }
    }
    const path = (i: number) =>
      `${MAPS}?watch=1&resourceVersion=${revision}${everybody ? '' : `&fieldSelector=metadata.name%3Dmoving-${i}`}`
    const revision = await currentRevision(served.port)
    const sockets = await openWatches(served.port, path, heard)
    measuring = true
    const before = await served.order({ do: 'stats', reset: true })
    const after = await served.order({ do: 'write', perSecond, seconds: SECONDS, objects: WATCHES })
    const expected = perSecond * SECONDS * (everybody ? WATCHES : 1)
    for (let i = 0; i < 50 && events < expected; i++) await new Promise((resolve) => setTimeout(resolve, 100))
    delaysMs.sort((a, b) => a - b)
    const p = (share: number) => delaysMs[Math.floor(delaysMs.length * share)]!.toFixed(1)
    print(
      `http: ${WATCHES} watches, ${perSecond} events/s, ${everybody ? 'all to all' : 'each to its watch'}`,
      `p99 ${p(0.99)} ms`,
      `p50 ${p(0.5)} ms; ${events} of ${expected} delivered; ${(after.cpuMs - before.cpuMs).toFixed(0)} ms of processor time in ${SECONDS} s; ${after.rssMiB.toFixed(0)} MiB`,
    )
    for (const socket of sockets) socket.destroy()
  }
}

async function currentRevision(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}${MAPS}?limit=1`)
  return ((await answer.json()) as { metadata: { resourceVersion: string } }).metadata.resourceVersion
}
