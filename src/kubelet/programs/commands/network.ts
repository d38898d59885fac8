/** Commands that use the network: wget, curl, nslookup, nc, ping. */
import type { HttpOutcome } from '../../../api/sockets.ts'
import { decodeText } from '../../file-tree.ts'
import type { ProcessContext, Program } from '../program.ts'
import { resolvePath } from '../vfs.ts'
import { command, options, sleepMs } from './command.ts'

export interface Url {
  readonly tls: boolean
  readonly host: string
  readonly port: number
  readonly path: string
}

export function parseUrl(text: string): Url | undefined {
  const match = /^(?:(https?):\/\/)?(?:[^@/]+@)?(\[[^\]]+\]|[^:/?]+)(?::(\d+))?([/?].*)?$/.exec(text)
  if (match === null) return undefined
  const tls = match[1] === 'https'
  const path = match[4] ?? '/'
  return {
    tls,
    host: match[2]!.replace(/^\[|\]$/g, ''),
    port: match[3] === undefined ? (tls ? 443 : 80) : Number(match[3]),
    path: path.startsWith('?') ? `/${path}` : path,
  }
}

export async function fetchUrl(
  context: ProcessContext,
  url: Url,
  request: { method?: string; headers?: Record<string, string>; body?: string },
  timeoutMs?: number,
): Promise<HttpOutcome> {
  context.unsteady()
  const headers = { host: url.port === 80 ? url.host : `${url.host}:${url.port}`, ...request.headers }
  const whole = { method: request.method, path: url.path, headers, body: request.body, tls: url.tls }
  return context.net.http({ host: url.host, port: url.port }, whole, timeoutMs)
}

export function bodyText(body: Uint8Array | string): string {
  return typeof body === 'string' ? body : decodeText(body)
}

const wget = command('wget', async (context, args) => {
  const long = new Map<string, string>()
  const plain = args.filter((it) => {
    const match = /^--([a-z-]+)(?:=(.*))?$/.exec(it)
    if (match !== null) long.set(match[1]!, match[2] ?? '')
    return match === null
  })
  const { flags, values, rest } = options(plain, 'OTtP')
  const quiet = flags.has('q')
  const url = parseUrl(rest[0] ?? '')
  if (url === undefined) {
    context.stderr.write('wget: missing URL\n')
    return 1
  }
  const timeout = values.get('T') ?? long.get('timeout')
  const header = long.get('header')
  const headers: Record<string, string> = { 'user-agent': 'Wget', connection: 'close' }
  if (header !== undefined)
    headers[header.slice(0, header.indexOf(':')).toLowerCase()] = header.slice(header.indexOf(':') + 1).trim()
  const post = long.get('post-data')
  if (!quiet) context.stderr.write(`Connecting to ${url.host}:${url.port}\n`)
  const request = { method: post === undefined ? 'GET' : 'POST', headers, body: post }
  const outcome = await fetchUrl(
    context,
    url,
    request,
    timeout === undefined ? undefined : Number(timeout) * 1000,
  )
  if (!outcome.ok) {
    context.stderr.write(`${wgetFailure(outcome, url)}\n`)
    return 1
  }
  const { status, body } = outcome.response
  if (status >= 400) {
    context.stderr.write(
      `wget: server returned error: HTTP/1.1 ${status} ${status === 404 ? 'Not Found' : status === 503 ? 'Service Unavailable' : 'Error'}\n`,
    )
    return 1
  }
  if (flags.has('S') || long.has('server-response')) context.stderr.write(`  HTTP/1.1 ${status} OK\n`)
  if (long.has('spider')) return 0
  const target = values.get('O')
  if (target === '-') context.stdout.write(body)
  else {
    const name = target ?? (url.path.split('?')[0]!.split('/').at(-1) || 'index.html')
    if (name !== '/dev/null') context.fs.write(resolvePath(context.cwd, name), body)
    if (!quiet) context.stderr.write(`'${name}' saved\n`)
  }
  return 0
})

function wgetFailure(outcome: Extract<HttpOutcome, { ok: false }>, url: Url): string {
  switch (outcome.failure) {
    case 'no such host':
      return `wget: bad address '${url.host}${url.port === 80 ? '' : `:${url.port}`}'`
    case 'i/o timeout':
      return 'wget: download timed out'
    case 'no route to host':
      return `wget: can't connect to remote host (${url.host}): No route to host`
    case 'connection reset by peer':
      return 'wget: error getting response: Connection reset by peer'
    default:
      return `wget: can't connect to remote host (${url.host}): Connection refused`
  }
}

const VALUED = new Set([
  '-o',
  '--output',
  '-X',
  '--request',
  '-H',
  '--header',
  '-d',
  '--data',
  '--data-raw',
  '-m',
  '--max-time',
  '--cacert',
  '--connect-timeout',
  '-w',
  '--write-out',
  '-u',
  '--user',
  '-A',
  '--user-agent',
  '--resolve',
  '--retry',
  '--retry-delay',
  '-e',
])

const curl = command('curl', async (context, args) => {
  const headers: Record<string, string> = { 'user-agent': 'curl/8.5.0', accept: '*/*' }
  const values = new Map<string, string>()
  const flags = new Set<string>()
  const urls: string[] = []
  for (let i = 0; i < args.length; i++) {
    let arg = args[i]!
    if (VALUED.has(arg)) {
      const value = args[++i] ?? ''
      if (arg === '-H' || arg === '--header')
        headers[value.slice(0, value.indexOf(':')).toLowerCase()] = value.slice(value.indexOf(':') + 1).trim()
      else values.set(SHORT[arg] ?? arg, value)
    } else if (arg.startsWith('--')) flags.add(arg.slice(2))
    else if (arg.startsWith('-') && arg.length > 1) {
      // A cluster such as -sSko FILE: the last letter may take the next argument.
      arg = arg.slice(1)
      for (let j = 0; j < arg.length; j++) {
        const letter = arg[j]!
        if (!VALUED.has(`-${letter}`)) {
          flags.add(letter)
          continue
        }
        const value = arg.slice(j + 1) || (args[++i] ?? '')
        if (letter === 'H')
          headers[value.slice(0, value.indexOf(':')).toLowerCase()] = value
            .slice(value.indexOf(':') + 1)
            .trim()
        else values.set(SHORT[`-${letter}`] ?? `-${letter}`, value)
        break
      }
    } else urls.push(arg)
  }
  const silent = flags.has('s') || flags.has('silent')
  const complain = (code: number, text: string) => {
    if (!silent || flags.has('S') || flags.has('show-error'))
      context.stderr.write(`curl: (${code}) ${text}\n`)
    return code
  }
  let status = 0
  for (const text of urls) {
    const url = parseUrl(text)
    if (url === undefined) return complain(3, 'URL using bad/illegal format or missing URL')
    const cacert = values.get('--cacert')
    if (cacert !== undefined && !context.fs.exists(resolvePath(context.cwd, cacert))) {
      return complain(77, `error setting certificate verify locations:  CAfile: ${cacert}`)
    }
    if (url.tls && cacert === undefined && !flags.has('k') && !flags.has('insecure')) {
      return complain(60, 'SSL certificate problem: unable to get local issuer certificate')
    }
    const data = values.get('--data')
    if (data !== undefined && headers['content-type'] === undefined)
      headers['content-type'] = 'application/x-www-form-urlencoded'
    const method = values.get('--request') ?? (flags.has('I') ? 'HEAD' : data === undefined ? 'GET' : 'POST')
    const seconds = values.get('--max-time') ?? values.get('--connect-timeout')
    const started = context.clock.now()
    const body = data?.startsWith('@') ? context.fs.readText(resolvePath(context.cwd, data.slice(1))) : data
    const outcome = await fetchUrl(
      context,
      url,
      { method, headers, body },
      seconds === undefined ? undefined : Number(seconds) * 1000,
    )
    if (!outcome.ok) {
      status = complain(...curlFailure(outcome, url, context.clock.now() - started))
      if (values.has('--write-out')) context.stdout.write(writeOut(values.get('--write-out')!, 0))
      continue
    }
    const { response } = outcome
    if ((flags.has('f') || flags.has('fail')) && response.status >= 400) {
      status = complain(22, `The requested URL returned error: ${response.status}`)
      continue
    }
    const shown =
      flags.has('i') || flags.has('include') || flags.has('I')
        ? headText(response.status, response.headers)
        : ''
    if (flags.has('v'))
      context.stderr.write(`> ${method} ${url.path} HTTP/1.1\n< HTTP/1.1 ${response.status}\n`)
    const target = values.get('--output')
    if (target === undefined) context.stdout.write(shown)
    if (method !== 'HEAD') {
      if (target === undefined) context.stdout.write(response.body)
      else if (target !== '/dev/null') context.fs.write(resolvePath(context.cwd, target), response.body)
    }
    if (values.has('--write-out')) context.stdout.write(writeOut(values.get('--write-out')!, response.status))
  }
  return status
})

const SHORT: Readonly<Record<string, string>> = {
  '-o': '--output',
  '-X': '--request',
  '-d': '--data',
  '--data-raw': '--data',
  '-m': '--max-time',
  '-w': '--write-out',
}

function headText(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = [`HTTP/1.1 ${status} ${status === 200 ? 'OK' : ''}`.trimEnd()]
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

function writeOut(format: string, status: number): string {
  return format
    .replaceAll('%{http_code}', String(status).padStart(3, '0'))
    .replaceAll('%{response_code}', String(status).padStart(3, '0'))
    .replaceAll('\\n', '\n')
}

function curlFailure(
  outcome: Extract<HttpOutcome, { ok: false }>,
  url: Url,
  tookMs: number,
): [number, string] {
  switch (outcome.failure) {
    case 'no such host':
      return [6, `Could not resolve host: ${url.host}`]
    case 'i/o timeout':
      return [28, `Connection timed out after ${Math.round(tookMs)} milliseconds`]
    case 'connection reset by peer':
      return [56, 'Recv failure: Connection reset by peer']
    case 'no route to host':
      return [
        7,
        `Failed to connect to ${url.host} port ${url.port} after ${Math.round(tookMs)} ms: No route to host`,
      ]
    default:
      return [
        7,
        `Failed to connect to ${url.host} port ${url.port} after ${Math.round(tookMs)} ms: Connection refused`,
      ]
  }
}

const nslookup = command('nslookup', async (context, args) => {
  context.unsteady()
  const { rest } = options(args.filter((it) => !it.startsWith('-type') && !it.startsWith('-q')))
  const type = args.some((it) => /^-(type|q)=srv$/i.test(it)) ? 'SRV' : 'A'
  const name = rest[0] ?? ''
  const resolv = context.fs.exists('/etc/resolv.conf') ? context.fs.readText('/etc/resolv.conf') : ''
  const server = /nameserver (\S+)/.exec(resolv)?.[1] ?? '127.0.0.1'
  context.stdout.write(`Server:\t\t${server}\nAddress:\t${server}:53\n\n`)
  const records = await context.net.resolve(name, type)
  if (records === undefined) {
    context.stdout.write(`** server can't find ${name}: NXDOMAIN\n\n`)
    return 1
  }
  for (const record of records) {
    if (record.type === 'A') context.stdout.write(`Name:\t${name}\nAddress: ${record.ip}\n`)
    else if (record.type === 'CNAME') context.stdout.write(`${name}\tcanonical name = ${record.name}\n`)
    else context.stdout.write(`${name}\tservice = 0 100 ${record.port} ${record.target}\n`)
  }
  context.stdout.write('\n')
  return 0
})

const getent = command('getent', async (context, args) => {
  const name = args[1] ?? ''
  const records = await context.net.resolve(name, 'A')
  const found = records?.find((it) => it.type === 'A')
  if (found?.type !== 'A') return 2
  context.stdout.write(`${found.ip.padEnd(16)}${name}\n`)
  return 0
})

/** `nc -z host port`, and `nc host port` with what stdin has. */
const nc = command('nc', async (context, args) => {
  context.unsteady()
  const { flags, values, rest } = options(args, 'wlp')
  const [host = '', port = ''] = rest
  const done = context.loop.suspend<string | undefined>()
  let opened = false
  const connection = context.net.connect(
    { host, port: Number(port) },
    {
      data: (chunk) => {
        opened = true
        context.stdout.write(chunk)
      },
      end: (error) => done.resume(error),
    },
  )
  if (flags.has('z')) {
    const wait = values.get('w')
    const timer = context.clock.after(wait === undefined ? 50 : sleepMs(wait), () => done.resume(undefined))
    connection.end()
    const error = await done.promise
    timer.cancel()
    const failed = error !== undefined && !opened
    if (flags.has('v')) context.stderr.write(`${host} (${host}:${port}) ${failed ? error : 'open'}\n`)
    return failed ? 1 : 0
  }
  const input = await context.stdin.readAll()
  if (input.length > 0) connection.write(input)
  connection.end()
  const error = await done.promise
  if (error !== undefined) context.stderr.write(`nc: ${error}\n`)
  return error === undefined ? 0 : 1
})

const ping = command('ping', async (context, args) => {
  const { values, rest } = options(args, 'cWwi')
  const host = rest[0] ?? ''
  const records = /^[\d.]+$/.test(host)
    ? [{ type: 'A', ip: host } as const]
    : await context.net.resolve(host, 'A')
  const found = records?.find((it) => it.type === 'A')
  if (found?.type !== 'A') {
    context.stderr.write(`ping: bad address '${host}'\n`)
    return 1
  }
  const count = Number(values.get('c') ?? '3')
  context.stdout.write(`PING ${host} (${found.ip}): 56 data bytes\n`)
  for (let i = 0; i < count; i++) {
    await context.clock.sleep(i === 0 ? 1 : 1000)
    context.stdout.write(`64 bytes from ${found.ip}: seq=${i} ttl=64 time=0.200 ms\n`)
  }
  context.stdout.write(
    `\n--- ${host} ping statistics ---\n${count} packets transmitted, ${count} packets received, 0% packet loss\n`,
  )
  return 0
})

export const NETWORK_COMMANDS: readonly Program[] = [wget, curl, nslookup, getent, nc, ping]
