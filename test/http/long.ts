/**
 * `npm run test:http:long [words]`: what takes minutes or thousands of sockets. Prints figures; fails on what must hold on any
 * machine, however busy. `soak 60` for an hour of load, two minutes otherwise; `soak 60 2000` for 2,000 writes a second.
 */
import { fork } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { get, post, RawClient } from './raw-client.ts'
import { ServerProcess, serveIfChild } from './server-process.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const words = process.argv.slice(2).filter((it) => !/^\d+$/.test(it))
const [minutes = 2, writesPerSecond = 500] = process.argv
  .slice(2)
  .filter((it) => /^\d+$/.test(it))
  .map(Number)
const GIB = 2 ** 30

if (process.argv[2] === 'probe') await probe(Number(process.argv[3]), process.argv[4]!)
else if (!(await serveIfChild())) {
  for (const [name, run] of Object.entries({ slowloris, uploads, overload, stalled, soak })) {
    if (words.length === 0 || words.includes(name)) await run()
  }
  process.exit()
}

function print(name: string, figures: string): void {
  process.stdout.write(`${name.padEnd(12)} ${figures}\n`)
}

function must(holds: boolean, what: string): void {
  if (holds) return
  process.stdout.write(`FAILED: ${what}\n`)
  process.exitCode = 1
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Opens a socket that stays open until one of the two sides ends it. */
function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.once('error', reject)
    socket.on('error', () => undefined)
  })
}

/** Answers' times of a client that asks one thing after the other, ms; sorted. */
async function times(port: number, bytes: () => string, until: () => boolean): Promise<number[]> {
  const client = await RawClient.open(port)
  const found: number[] = []
  while (!until()) {
    const start = performance.now()
    const { code } = await client.send(bytes())
    must(code === 200 || code === 201, `an ordinary request was answered with ${code}`)
    found.push(performance.now() - start)
    await wait(5)
  }
  client.close()
  return found.sort((a, b) => a - b)
}

/** A client that is nobody else's, in a process of its own; tells what it found when it is asked to. */
async function probe(port: number, path: string): Promise<void> {
  let over = false
  process.on('message', () => {
    over = true
  })
  process.on('disconnect', () => process.exit())
  process.send!('ready')
  process.send!(
    await times(
      port,
      () => get(path),
      () => over,
    ),
  )
}

async function startProbe(port: number, path: string): Promise<{ stop(): Promise<number[]> }> {
  const child = fork(process.argv[1]!, ['probe', String(port), path])
  await new Promise((resolve) => child.once('message', resolve))
  const found = new Promise<number[]>((resolve, reject) => {
    child.once('message', (message) => resolve(message as number[]))
    child.once('exit', (code) => reject(new Error(`the probe exited with ${code}`)))
  })
  return {
    stop: () => {
      child.send('stop')
      return found.finally(() => child.kill())
    },
  }
}

function percentiles(sorted: readonly number[]): string {
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(1)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms of ${sorted.length} requests`
}

/** 5,000 clients that never finish their headers. */
async function slowloris(): Promise<void> {
  await using server = await ServerProcess.start('served')
  const alone = Date.now() + 5000
  const before = await times(
    server.port,
    () => get(MAPS),
    () => Date.now() > alone,
  )
  const sockets: Socket[] = []
  let closed = 0
  for (let i = 0; i < 5000; i++) {
    const socket = await open(server.port)
    socket.on('close', () => closed++)
    socket.on('data', () => undefined)
    socket.write(`GET ${MAPS} HTTP/1.1\r\nHost: localhost\r\n`)
    sockets.push(socket)
  }
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('X-A: b\r\n')
  }, 3000)
  const end = Date.now() + 25_000
  const during = await times(
    server.port,
    () => get(MAPS),
    () => closed === sockets.length || Date.now() > end,
  )
  clearInterval(drip)
  must(closed === sockets.length, `${sockets.length - closed} of 5,000 slow sockets are still open`)
  print(
    'slowloris',
    `${closed} of 5000 closed; others meanwhile ${percentiles(during)}; alone ${percentiles(before)}`,
  )
}

/** 100 uploads of a GiB each, half of them in chunks. */
async function uploads(): Promise<void> {
  await using server = await ServerProcess.start('served')
  const small = post(`${MAPS}?dryRun=All`, JSON.stringify({ metadata: { name: 'small' } }))
  const warm = Date.now() + 3000
  await times(
    server.port,
    () => small,
    () => Date.now() > warm,
  )
  const before = await server.order({ do: 'stats', reset: true })
  const block = Buffer.alloc(0x10000, 'x')
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), block, Buffer.from('\r\n')])
  let done = false
  let peak = 0
  const watching = (async () => {
    while (!done) {
      peak = Math.max(peak, (await server.order({ do: 'stats' })).rssMiB)
      await wait(20)
    }
  })()
  const codes = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const client = await RawClient.open(server.port)
      const chunked = i % 2 === 0
      const length = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${GIB}`
      const answered = client.send(
        `POST ${MAPS} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${length}\r\n\r\n`,
      )
      let sent = 0
      const more = () => {
        while (sent < GIB && !client.socket.destroyed) {
          sent += block.length
          if (!client.socket.write(chunked ? chunk : block)) return
        }
      }
      client.socket.on('drain', more)
      more()
      const { code } = await answered
      await new Promise((resolve) => client.socket.once('close', resolve))
      return code
    }),
  )
  done = true
  await watching
  must(
    codes.every((it) => it === 413),
    `uploads were answered with ${[...new Set(codes)]}`,
  )
  // V8 lets 32 MiB of buffers pile up before it looks for those that nobody needs.
  must(peak - before.rssMiB <= 96, `memory grew by ${peak - before.rssMiB} MiB`)
  print(
    'uploads',
    `100 answered with 413; memory at most ${(peak - before.rssMiB).toFixed(1)} MiB above ${before.rssMiB.toFixed(0)}`,
  )
}

/** One client floods the server with 600 connections; what does another one feel? */
async function overload(): Promise<void> {
  await using server = await ServerProcess.start('served')
  await server.order({ do: 'fill', pods: 2000 })
  const alone = Date.now() + 5000
  const before = await times(
    server.port,
    () => get(MAPS),
    () => Date.now() > alone,
  )
  const codes = new Map<number, number>()
  const other = await startProbe(server.port, '/livez')
  await server.order({ do: 'stats', reset: true })
  const end = Date.now() + 10_000
  let counter = 0
  const flood = Promise.all(
    Array.from({ length: 600 }, async (_, i) => {
      const client = await RawClient.open(server.port)
      while (Date.now() < end) {
        const body = JSON.stringify({ metadata: { name: `flood-${counter++}` } })
        const bytes = i % 3 === 0 ? post(MAPS, body) : get('/api/v1/pods?limit=100')
        const { code } = await client.send(bytes)
        codes.set(code, (codes.get(code) ?? 0) + 1)
      }
      client.close()
    }),
  )
  await wait(end - Date.now())
  const during = await other.stop()
  await flood
  const { turnMaxMs } = await server.order({ do: 'stats' })
  must(
    [...codes.keys()].every((it) => it < 500),
    `codes ${[...codes.keys()]}`,
  )
  print(
    'overload',
    `flood answered ${JSON.stringify([...codes])}; another client ${percentiles(during)}, the longest turn took ${turnMaxMs.toFixed(0)} ms of processor time; alone ${percentiles(before)}`,
  )
}

/** Sockets that watch everything, or one of 500 objects each; and whether they read. */
async function watchers(port: number, count: number, reads: boolean, each = false): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let i = 0; i < count; i++) {
    const socket = await open(port)
    if (reads) socket.on('data', () => undefined)
    else socket.pause()
    const selector = each ? `&fieldSelector=metadata.name%3Dmoving-${i % 500}` : ''
    socket.write(get(`${MAPS}?watch=1${selector}`))
    sockets.push(socket)
  }
  await wait(500)
  return sockets
}

/** 1,000 watchers that do not read, beside 100 that do. */
async function stalled(): Promise<void> {
  await using server = await ServerProcess.start('served')
  const order = { do: 'write', perSecond: 500, seconds: 6, objects: 50 } as const
  await server.order({ ...order, seconds: 10 })
  const readers = await watchers(server.port, 100, true)
  const cost = async () => {
    const { cpuMs } = await server.order({ do: 'stats', reset: true })
    return (await server.order(order)).cpuMs - cpuMs
  }
  await cost()
  const alone = Math.min(await cost(), await cost())
  const sleepers = await watchers(server.port, 1000, false)
  const first = await cost()
  // Kernels hold megabytes for a socket: only what comes after that waits here.
  let left = Number.POSITIVE_INFINITY
  for (let i = 0; i < 40 && left > 100; i++) {
    await server.order({ ...order, perSecond: 4000 })
    left = (await server.order({ do: 'stats' })).watches
  }
  const later = Math.min(await cost(), await cost())
  const { rssMiB } = await server.order({ do: 'stats' })
  for (const socket of [...readers, ...sleepers]) socket.destroy()
  await wait(2000)
  const end = await server.order({ do: 'stats' })
  must(left <= 101, `${left} watchers are left, 100 of which read`)
  must(end.watches <= 1, `${end.watches} watchers remain after all have gone`)
  print(
    'stalled',
    `3,000 events to 100 readers cost ${alone.toFixed(0)} ms, with 1,000 fresh watchers beside them that do not read ${first.toFixed(0)} ms, after those were cut ${later.toFixed(0)} ms; ${rssMiB.toFixed(0)} MiB; ${end.watches} watchers, ${end.descriptors} descriptors at the end`,
  )
}

/** Writes, 1,000 watches that come and go. */
async function soak(): Promise<void> {
  await using server = await ServerProcess.start('served')
  const order = { do: 'write', perSecond: writesPerSecond, seconds: 20, objects: 500 } as const
  const before = await server.order(order)
  const sockets = await watchers(server.port, 1000, true, true)
  const samples: { readonly hours: number; readonly rssMiB: number; readonly heapMiB: number }[] = []
  const start = Date.now()
  const descriptors: number[] = []
  while (Date.now() - start < minutes * 60_000) {
    await server.order(order)
    for (const socket of sockets.splice(0, 100)) socket.destroy()
    sockets.push(...(await watchers(server.port, 100, true, true)))
    const stats = await server.order({ do: 'stats', reset: true })
    const { rssMiB, heapMiB } = stats
    samples.push({ hours: (Date.now() - start) / 3_600_000, rssMiB, heapMiB })
    descriptors.push(stats.descriptors)
  }
  for (const socket of sockets) socket.destroy()
  await wait(2000)
  const end = await server.order({ do: 'stats' })
  must(end.watches <= 1, `${end.watches} watchers remain`)
  must(
    end.descriptors <= before.descriptors + 10,
    `descriptors: ${before.descriptors}, then ${end.descriptors}`,
  )
  // History and journal fill up first.
  const late = samples.slice(samples.length >> 1)
  print(
    'soak',
    `${minutes} min: heap ${samples.map((it) => it.heapMiB.toFixed(1)).join(' ')} MiB, second half ${slope(late, 'heapMiB').toFixed(1)} MiB/h; memory ${samples.map((it) => it.rssMiB.toFixed(0)).join(' ')} MiB, second half ${slope(late, 'rssMiB').toFixed(0)} MiB/h; descriptors ${Math.min(...descriptors)} to ${Math.max(...descriptors)}, ${end.descriptors} at the end`,
  )
}

function slope<K extends string>(samples: readonly (Record<K, number> & { hours: number })[], of: K): number {
  const mean = (value: (it: (typeof samples)[number]) => number) =>
    samples.reduce((sum, it) => sum + value(it), 0) / samples.length
  const [x, y] = [mean((it) => it.hours), mean((it) => it[of])]
  const covariance = mean((it) => (it.hours - x) * (it[of] - y))
  return covariance / mean((it) => (it.hours - x) ** 2)
}
