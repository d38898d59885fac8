/** Programs that just are there: pause, and a small key-value database that keeps its data on its volume. */
import type { ConnectionSink } from '../../../api/streams.ts'
import { decodeText, encodeText } from '../../file-tree.ts'
import type { ProcessContext, Program } from '../program.ts'

export const pause: Program = {
  name: 'pause',
  start(context) {
    context.onSignal('SIGTERM', () => context.exit(0))
    context.onSignal('SIGINT', () => context.exit(0))
    return undefined
  },
}

const DATA = '/data/dump.json'

/**
 * A key-value database that speaks enough of Redis' protocol for redis-cli's inline commands: PING, SET, GET, DEL,
 * INCR, KEYS, DBSIZE, SAVE. Its data is one file under /data, written with every change.
 */
export const keyValueServer: Program = {
  name: 'redis-server',
  start(context) {
    const data = load(context)
    context.setMemory(8 * 1024 * 1024)
    context.stdout.write('* Ready to accept connections\n')
    context.onSignal('SIGTERM', () => {
      save(context, data)
      context.exit(0)
    })
    context.net.listen({
      port: 6379,
      steady: true,
      connect: (_peer, sink) => serve(context, data, sink),
    })
    return undefined
  },
}

function load(context: ProcessContext): Map<string, string> {
  if (!context.fs.exists(DATA)) return new Map()
  return new Map(Object.entries(JSON.parse(context.fs.readText(DATA)) as Record<string, string>))
}

function save(context: ProcessContext, data: ReadonlyMap<string, string>): void {
  if (!context.fs.exists('/data')) context.fs.mkdir('/data')
  context.fs.write(DATA, JSON.stringify(Object.fromEntries(data)))
}

function serve(context: ProcessContext, data: Map<string, string>, sink: ConnectionSink) {
  let buffer = ''
  return {
    write(chunk: Uint8Array) {
      buffer += decodeText(chunk)
      for (;;) {
        const parsed = nextCommand(buffer)
        if (parsed === undefined) return
        buffer = buffer.slice(parsed.length)
        if (parsed.words.length > 0) sink.data(encodeText(execute(context, data, parsed.words)))
      }
    },
    end() {
      sink.end()
    },
  }
}

/** One command, inline (`GET a`) or as an array of bulk strings. */
function nextCommand(buffer: string): { words: string[]; length: number } | undefined {
  const lineEnd = buffer.indexOf('\n')
  if (lineEnd < 0) return undefined
  if (!buffer.startsWith('*')) {
    const words = buffer
      .slice(0, lineEnd)
      .trim()
      .split(/\s+/)
      .filter((it) => it !== '')
    return { words, length: lineEnd + 1 }
  }
  const count = Number.parseInt(buffer.slice(1, lineEnd), 10)
  const words: string[] = []
  let at = lineEnd + 1
  for (let i = 0; i < count; i++) {
    const end = buffer.indexOf('\n', at)
    if (end < 0) return undefined
    const length = Number.parseInt(buffer.slice(at + 1, end), 10)
    if (buffer.length < end + 1 + length + 2) return undefined
    words.push(buffer.slice(end + 1, end + 1 + length))
    at = end + 1 + length + 2
  }
  return { words, length: at }
}

function execute(context: ProcessContext, data: Map<string, string>, words: readonly string[]): string {
  const [name = '', key = '', ...rest] = words
  context.spendCpu(0.1)
  switch (name.toUpperCase()) {
    case 'PING':
      return '+PONG\r\n'
    case 'SET':
      data.set(key, rest.join(' '))
      save(context, data)
      return '+OK\r\n'
    case 'GET':
      return bulk(data.get(key))
    case 'DEL': {
      const removed = data.delete(key)
      save(context, data)
      return `:${removed ? 1 : 0}\r\n`
    }
    case 'INCR': {
      const value = Number(data.get(key) ?? 0) + 1
      if (Number.isNaN(value)) return '-ERR value is not an integer or out of range\r\n'
      data.set(key, String(value))
      save(context, data)
      return `:${value}\r\n`
    }
    case 'KEYS': {
      const keys = [...data.keys()].sort()
      return `*${keys.length}\r\n${keys.map(bulk).join('')}`
    }
    case 'DBSIZE':
      return `:${data.size}\r\n`
    case 'SAVE':
      save(context, data)
      return '+OK\r\n'
    default:
      return `-ERR unknown command '${name}'\r\n`
  }
}

function bulk(value: string | undefined): string {
  return value === undefined ? '$-1\r\n' : `$${encodeText(value).length}\r\n${value}\r\n`
}

/** `redis-cli [-h host] [-p port] COMMAND ...`. */
export const keyValueClient: Program = {
  name: 'redis-cli',
  async start(context) {
    let host = '127.0.0.1'
    let port = 6379
    const words: string[] = []
    for (let i = 1; i < context.argv.length; i++) {
      const arg = context.argv[i]!
      if (arg === '-h') host = context.argv[++i] ?? host
      else if (arg === '-p') port = Number(context.argv[++i])
      else words.push(arg)
    }
    const done = context.loop.suspend<string | undefined>()
    let reply = ''
    const connection = context.net.connect(
      { host, port },
      {
        data: (chunk) => {
          reply += decodeText(chunk)
          done.resume(undefined)
        },
        end: (error) => done.resume(error ?? 'Server closed the connection'),
      },
    )
    connection.write(encodeText(`*${words.length}\r\n${words.map(bulk).join('')}`))
    const error = await done.promise
    if (error !== undefined && reply === '') {
      context.stderr.write(`Could not connect to Redis at ${host}:${port}: ${error}\n`)
      return 1
    }
    context.stdout.write(`${printable(reply)}\n`)
    return reply.startsWith('-') ? 1 : 0
  },
}

function printable(reply: string): string {
  const lines = reply.split('\r\n')
  if (reply.startsWith('$-1')) return '(nil)'
  if (reply.startsWith('$')) return lines[1]!
  if (reply.startsWith('*'))
    return lines.filter((it, index) => index > 0 && it !== '' && !it.startsWith('$')).join('\n')
  return lines[0]!.slice(1)
}
