/** Programs that just are there: pause, CoreDNS, and a small key-value database that keeps its data on its volume. */
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

/** CoreDNS: what it answers comes from the network itself, which asks whether one of its pods is ready. */
export const coreDns: Program = {
  name: 'coredns',
  start(context) {
    context.setMemory(16 * 1024 * 1024)
    context.onSignal('SIGTERM', () => context.exit(0))
    context.stdout.write(
      '.:53\n[INFO] plugin/reload: Running configuration SHA512 = 591cf328cccc12bc490481273e738df59329c62c0b729d94e8b61db9961c2fa5f046dd37f1cf888b953814040d180f52594972691cd6ff41be96639138a43908\nCoreDNS-1.12.0\nlinux/amd64, go1.23.3, 51e11f1\n',
    )
    const ok = (port: number, path: string, body: string) =>
      context.net.listen({
        port,
        steady: true,
        http: (request, _peer, done) => {
          const found = request.path.split('?')[0] === path
          const headers = { 'content-type': 'text/plain; charset=utf-8' }
          done({ status: found ? 200 : 404, headers, body: found ? body : '404 page not found\n' })
        },
      })
    ok(8080, '/health', 'OK')
    ok(8181, '/ready', 'OK')
    ok(9153, '/metrics', 'coredns_build_info{goversion="go1.23.3",revision="51e11f1",version="1.12.0"} 1\n')
    return undefined
  },
}

const DATA = '/data/dump.json'

/**
 * A key-value database that speaks enough of Redis' protocol for redis-cli's inline commands: PING, SET, GET, DEL,
 * INCR, KEYS, DBSIZE, SAVE, CONFIG. Its data is one file under /data, written with every change; its configuration
 * is a file named as its first argument, and options.
 */
export const keyValueServer: Program = {
  name: 'redis-server',
  start(context) {
    const data = load(context)
    const settings = configuration(context)
    context.setMemory(8 * 1024 * 1024)
    context.stdout.write('* Ready to accept connections\n')
    context.onSignal('SIGTERM', () => {
      save(context, data)
      context.exit(0)
    })
    context.net.listen({
      port: Number(settings.get('port')),
      steady: true,
      connect: (_peer, sink) => serve(context, data, settings, sink),
    })
    return undefined
  },
}

/** What `CONFIG GET` tells: the defaults, the file's lines and the options over them. */
function configuration({ argv, fs }: ProcessContext): Map<string, string> {
  const settings = new Map([
    ['port', '6379'],
    ['maxmemory', '0'],
    ['maxmemory-policy', 'noeviction'],
    ['appendonly', 'no'],
    ['save', '3600 1 300 100 60 10000'],
    ['dir', '/data'],
  ])
  const file = argv[1] !== undefined && !argv[1].startsWith('-') ? argv[1] : undefined
  const lines = file !== undefined && fs.exists(file) ? fs.readText(file).split('\n') : []
  const given = argv.slice(file === undefined ? 1 : 2).join(' ')
  lines.push(...given.split(/(?:^|\s)--/))
  for (const line of lines) {
    const [, name, value = ''] = /^\s*([\w-]+)\s+(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined) settings.set(name, name === 'maxmemory' ? bytesOf(value) : value)
  }
  return settings
}

/** `2mb` -> `2097152`. */
function bytesOf(text: string): string {
  const [, count, unit = ''] = /^(\d+)([kmg]?b?)$/i.exec(text) ?? []
  if (count === undefined) return text
  const factors: Readonly<Record<string, number>> = {
    k: 1000,
    kb: 1024,
    m: 1000 ** 2,
    mb: 1024 ** 2,
    g: 1000 ** 3,
    gb: 1024 ** 3,
  }
  return String(Number(count) * (factors[unit.toLowerCase()] ?? 1))
}

function load(context: ProcessContext): Map<string, string> {
  if (!context.fs.exists(DATA)) return new Map()
  return new Map(Object.entries(JSON.parse(context.fs.readText(DATA)) as Record<string, string>))
}

function save(context: ProcessContext, data: ReadonlyMap<string, string>): void {
  if (!context.fs.exists('/data')) context.fs.mkdir('/data')
  context.fs.write(DATA, JSON.stringify(Object.fromEntries(data)))
}

function serve(
  context: ProcessContext,
  data: Map<string, string>,
  settings: Map<string, string>,
  sink: ConnectionSink,
) {
  let buffer = ''
  return {
    write(chunk: Uint8Array) {
      buffer += decodeText(chunk)
      for (;;) {
        const parsed = nextCommand(buffer)
        if (parsed === undefined) return
        buffer = buffer.slice(parsed.length)
        if (parsed.words.length > 0) sink.data(encodeText(execute(context, data, settings, parsed.words)))
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

function execute(
  context: ProcessContext,
  data: Map<string, string>,
  settings: Map<string, string>,
  words: readonly string[],
): string {
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
    case 'CONFIG': {
      const [setting = '', value = ''] = rest
      if (key.toUpperCase() === 'SET') {
        if (!settings.has(setting))
          return `-ERR Unknown option or number of arguments for CONFIG SET - '${setting}'\r\n`
        settings.set(setting, setting === 'maxmemory' ? bytesOf(value) : value)
        return '+OK\r\n'
      }
      const pattern = new RegExp(`^${setting.replace(/[^\w*]/g, '\\$&').replaceAll('*', '.*')}$`)
      const found = [...settings].filter(([name]) => pattern.test(name)).flat()
      return `*${found.length}\r\n${found.map(bulk).join('')}`
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

/** `redis-cli [-h host] [-p port] [COMMAND ...]`: without a command, those that stdin has, a line each. */
export const keyValueClient: Program = {
  name: 'redis-cli',
  async start(context) {
    context.unsteady()
    let host = '127.0.0.1'
    let port = 6379
    const words: string[] = []
    for (let i = 1; i < context.argv.length; i++) {
      const arg = context.argv[i]!
      if (arg === '-h') host = context.argv[++i] ?? host
      else if (arg === '-p') port = Number(context.argv[++i])
      else if (arg === '-a') i++
      else words.push(arg)
    }
    let answered = context.loop.suspend<string | undefined>()
    let reply = ''
    const connection = context.net.connect(
      { host, port },
      {
        data: (chunk) => {
          reply += decodeText(chunk)
          answered.resume(undefined)
        },
        end: (error) => answered.resume(error ?? 'Server closed the connection'),
      },
    )
    const run = async (command: readonly string[]): Promise<number> => {
      reply = ''
      answered = context.loop.suspend()
      connection.write(encodeText(`*${command.length}\r\n${command.map(bulk).join('')}`))
      const error = await answered.promise
      if (error !== undefined && reply === '') {
        context.stderr.write(`Could not connect to Redis at ${host}:${port}: ${error}\n`)
        return 1
      }
      context.stdout.write(`${context.tty ? forPeople(reply) : printable(reply)}\n`)
      return reply.startsWith('-') ? 1 : 0
    }
    if (words.length > 0) return run(words)
    const prompt = () => context.tty && context.stdout.write(`${host}:${port}> `)
    for (prompt(); ; prompt()) {
      const line = await context.stdin.readLine()
      const command = line?.trim().split(/\s+/) ?? ['exit']
      if (['exit', 'quit'].includes(command[0]!.toLowerCase())) return 0
      if (command[0] !== '') await run(command)
    }
  },
}

/** As it is printed to a terminal. */
function forPeople(reply: string): string {
  const lines = reply.split('\r\n')
  if (reply.startsWith('$-1')) return '(nil)'
  if (reply.startsWith('$')) return JSON.stringify(lines[1])
  if (reply.startsWith(':')) return `(integer) ${lines[0]!.slice(1)}`
  if (reply.startsWith('-')) return `(error) ${lines[0]!.slice(1)}`
  if (!reply.startsWith('*')) return lines[0]!.slice(1)
  const values = lines.filter((it, index) => index > 0 && it !== '' && !it.startsWith('$'))
  if (values.length === 0) return '(empty array)'
  return values.map((it, index) => `${index + 1}) ${JSON.stringify(it)}`).join('\n')
}

function printable(reply: string): string {
  const lines = reply.split('\r\n')
  if (reply.startsWith('$-1')) return '(nil)'
  if (reply.startsWith('$')) return lines[1]!
  if (reply.startsWith('*'))
    return lines.filter((it, index) => index > 0 && it !== '' && !it.startsWith('$')).join('\n')
  return lines[0]!.slice(1)
}
