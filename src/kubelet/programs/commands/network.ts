/** Commands that use the network: wget, curl, nslookup, nc, ping. */

import type { HttpOutcome, HttpResponse } from '../../../api/sockets.ts'
import { decodeText } from '../../file-tree.ts'
import { REASONS } from '../../http-reasons.ts'
import type { ProcessContext, Program } from '../program.ts'
import { resolvePath } from '../vfs.ts'
import { command, options, sleepMs, UsageError } from './command.ts'

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

/** `HTTP/1.1 404 Not Found`. */
function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${REASONS[status] ?? ''}`.trimEnd()
}

const wget = command(
  'wget',
  async (context, args) => {
    const { flags, values, given, rest } = options(args, 'cqSO:o:P:U:T:t:Y:', {
      spider: 's',
      'header=': 'H',
      'post-data=': 'D',
      'post-file=': 'F',
      'user-agent=': 'U',
      'output-document=': 'O',
      'directory-prefix=': 'P',
      'timeout=': 'T',
      'tries=': 't',
      quiet: 'q',
      continue: 'c',
      'server-response': 'S',
      'no-check-certificate': 'k',
      'no-verbose': 'n',
    })
    if (rest.length === 0) throw new UsageError()
    const quiet = flags.has('q')
    const tell = (text: string) => quiet || context.stderr.write(`${text}\n`)
    const headers: Record<string, string> = { 'user-agent': values.get('U') ?? 'Wget', connection: 'close' }
    for (const [letter, value] of given) {
      if (letter !== 'H') continue
      const at = value.indexOf(':')
      headers[value.slice(0, at).toLowerCase()] = value.slice(at + 1).trim()
    }
    const file = values.get('F')
    const post = file === undefined ? values.get('D') : context.fs.readText(resolvePath(context.cwd, file))
    if (post !== undefined) headers['content-type'] ??= 'application/x-www-form-urlencoded'
    const timeout = values.get('T')
    for (const text of rest) {
      const url = parseUrl(text)
      if (url === undefined || /^(?!https?:)[a-z]+:\/\//.test(text)) {
        context.stderr.write(`wget: not an http or ftp url: ${text}\n`)
        return 1
      }
      if (!quiet) tell(`Connecting to ${await describedHost(context, url)}`)
      const request = { method: post === undefined ? 'GET' : 'POST', headers, body: post }
      const timeoutMs = timeout === undefined ? undefined : sleepMs(timeout)
      const outcome = await fetchUrl(context, url, request, timeoutMs)
      if (!outcome.ok) {
        context.stderr.write(`${wgetFailure(outcome, url)}\n`)
        return 1
      }
      const { status, body, headers: received } = outcome.response
      if (flags.has('S')) {
        context.stderr.write(`  ${statusLine(status)}\n`)
        for (const [name, value] of Object.entries(received)) context.stderr.write(`  ${name}: ${value}\n`)
      }
      if (status >= 400) {
        context.stderr.write(`wget: server returned error: ${statusLine(status)}\n`)
        return 1
      }
      if (flags.has('s')) {
        tell('remote file exists')
        continue
      }
      const target = values.get('O')
      if (target === '-') {
        tell('writing to stdout')
        context.stdout.write(body)
        tell(`-                    100% |********************************| ${byteCount(body)}  0:00:00 ETA`)
        tell('written to stdout')
        continue
      }
      const name = target ?? (url.path.split('?')[0]!.split('/').at(-1) || 'index.html')
      const directory = target === undefined ? (values.get('P') ?? '') : ''
      const path = resolvePath(context.cwd, directory === '' ? name : `${directory}/${name}`)
      if (target === undefined && context.fs.exists(path) && !flags.has('c')) {
        context.stderr.write(`wget: can't open '${name}': File exists\n`)
        return 1
      }
      tell(`saving to '${name}'`)
      context.fs.write(path, body)
      tell(
        `${name.padEnd(20).slice(0, 20)} 100% |********************************| ${byteCount(body)}  0:00:00 ETA`,
      )
      tell(`'${name}' saved`)
    }
    return 0
  },
  `wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]
\t[--post-data STR | --post-file FILE] [-Y on/off]
\t[--no-check-certificate] [-P DIR] [-U AGENT] [-T SEC] URL...

Retrieve files via HTTP or FTP`,
)

/** `web (10.96.3.4:80)`. */
async function describedHost(context: ProcessContext, url: Url): Promise<string> {
  const records = await context.net.resolve(url.host, 'A')
  const found = records?.find((it) => it.type === 'A')
  const ip = found?.type === 'A' ? found.ip : url.host
  const port = url.port === 80 ? '' : `:${url.port}`
  return `${url.host}${port} (${ip}:${url.port})`
}

function byteCount(body: Uint8Array | string): string {
  return String(typeof body === 'string' ? new TextEncoder().encode(body).length : body.length).padStart(5)
}

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

/** curl's options: letter, long name, and `:` after those that take a value. */
const CURL_OPTIONS = `
o:output: X:request: H:header: d:data: :data-raw: :data-binary: :data-urlencode: :json: m:max-time: :cacert:
:connect-timeout: w:write-out: u:user: A:user-agent: :resolve: :retry: :retry-delay: e:referer: x:proxy: D:dump-header:
T:upload-file: b:cookie: F:form: E:cert: :key: :max-redirs: :noproxy: :connect-to: :oauth2-bearer: :url:
s:silent S:show-error k:insecure f:fail :fail-with-body i:include I:head v:verbose L:location G:get O:remote-name
N:no-buffer #:progress-bar 4:ipv4 6:ipv6 :http1.1 :http2 :compressed :retry-connrefused :retry-all-errors :no-progress-meter`

const CURL_NAMES = new Map<string, { readonly name: string; readonly valued: boolean }>()
for (const [, letter, name, colon] of CURL_OPTIONS.matchAll(/(\S?):([a-z0-9.-]+)(:?)/g)) {
  const option = { name: name!, valued: colon === ':' }
  CURL_NAMES.set(`--${name}`, option)
  if (letter !== '') CURL_NAMES.set(`-${letter}`, option)
}

interface CurlCall {
  readonly flags: ReadonlySet<string>
  /** The last value of each option. */
  readonly values: ReadonlyMap<string, string>
  readonly given: readonly (readonly [name: string, value: string])[]
  readonly urls: readonly string[]
}

/** The call, or what curl says about it. */
function parseCurl(args: readonly string[]): CurlCall | string {
  const flags = new Set<string>()
  const given: [string, string][] = []
  const urls: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (!arg.startsWith('-') || arg === '-') {
      urls.push(arg)
      continue
    }
    const words = arg.startsWith('--') ? [arg] : [...arg.slice(1)].map((letter) => `-${letter}`)
    for (let j = 0; j < words.length; j++) {
      const option = CURL_NAMES.get(words[j]!)
      if (option === undefined) return `option ${arg}: is unknown`
      if (!option.valued) {
        flags.add(option.name)
        continue
      }
      // A cluster such as -sSko FILE: the last letter may take the next argument.
      const stuck = arg.startsWith('--') ? '' : arg.slice(j + 2)
      const value = stuck !== '' ? stuck : args[++i]
      if (value === undefined) return `option ${arg}: requires parameter`
      if (option.name === 'url') urls.push(value)
      else given.push([option.name, value])
      break
    }
  }
  return { flags, values: new Map(given), given, urls }
}

const MAX_REDIRECTS = 50

const curl = command('curl', async (context, args) => {
  const call = parseCurl(args)
  if (typeof call === 'string') {
    context.stderr.write(`curl: ${call}\ncurl: try 'curl --help' for more information\n`)
    return 2
  }
  const { flags, values, urls } = call
  const complain = (code: number, text: string) => {
    if (!flags.has('silent') || flags.has('show-error')) context.stderr.write(`curl: (${code}) ${text}\n`)
    return code
  }
  if (urls.length === 0) return complain(2, 'no URL specified')
  let status = 0
  for (const text of urls) {
    const retries = Number(values.get('retry') ?? 0)
    for (let attempt = 0; ; attempt++) {
      const transient = attempt < retries
      const result = await curlOnce(context, call, text, complain, transient)
      if (result !== 'again') {
        status = result
        break
      }
      await context.clock.sleep(1000 * Number(values.get('retry-delay') ?? 2 ** attempt))
    }
  }
  return status
})

async function curlOnce(
  context: ProcessContext,
  call: CurlCall,
  text: string,
  complain: (code: number, text: string) => number,
  mayRetry: boolean,
): Promise<number | 'again'> {
  const { flags, values } = call
  const headers: Record<string, string> = {
    'user-agent': values.get('user-agent') ?? 'curl/8.5.0',
    accept: '*/*',
  }
  const read = (file: string) => context.fs.readText(resolvePath(context.cwd, file))
  let body: string | undefined
  for (const [name, value] of call.given) {
    if (name === 'header') {
      const at = value.indexOf(':')
      if (at > 0) headers[value.slice(0, at).toLowerCase()] = value.slice(at + 1).trim()
    } else if (name === 'user') headers['authorization'] = `Basic ${btoa(value)}`
    else if (name === 'oauth2-bearer') headers['authorization'] = `Bearer ${value}`
    else if (name === 'cookie') headers['cookie'] = value
    else if (name === 'data' || name === 'data-binary' || name === 'data-raw' || name === 'json') {
      const asIs = name === 'data-raw' || !value.startsWith('@')
      const piece = asIs ? value : value === '@-' ? await context.stdin.readText() : read(value.slice(1))
      const clean = name === 'data' && !asIs ? piece.replace(/[\r\n]/g, '') : piece
      body = body === undefined ? clean : `${body}${name === 'json' ? '' : '&'}${clean}`
      if (name === 'json') {
        headers['content-type'] = 'application/json'
        headers['accept'] = 'application/json'
      }
    } else if (name === 'data-urlencode') {
      const [key, rest] = value.includes('=') ? value.split(/=(.*)/s) : ['', value]
      const piece = `${key === '' ? '' : `${key}=`}${encodeURIComponent(rest ?? '')}`
      body = body === undefined ? piece : `${body}&${piece}`
    } else if (name === 'upload-file') body = read(value)
  }
  let url = parseUrl(text)
  if (url === undefined) return complain(3, 'URL rejected: Malformed input to a URL function')
  const scheme = /^([a-z]+):\/\//.exec(text)?.[1]
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    return complain(1, `Protocol "${scheme}" not supported`)
  }
  if (flags.has('get') && body !== undefined) {
    url = { ...url, path: `${url.path}${url.path.includes('?') ? '&' : '?'}${body}` }
    body = undefined
  }
  const cacert = values.get('cacert')
  if (cacert !== undefined && !context.fs.exists(resolvePath(context.cwd, cacert))) {
    return complain(77, `error setting certificate verify locations:  CAfile: ${cacert} CApath: none`)
  }
  if (url.tls && cacert === undefined && !flags.has('insecure')) {
    return complain(60, 'SSL certificate problem: unable to get local issuer certificate')
  }
  if (body !== undefined) headers['content-type'] ??= 'application/x-www-form-urlencoded'
  const usual = flags.has('head')
    ? 'HEAD'
    : values.has('upload-file')
      ? 'PUT'
      : body === undefined
        ? 'GET'
        : 'POST'
  let method = values.get('request') ?? usual
  const seconds = values.get('max-time') ?? values.get('connect-timeout')
  const started = context.clock.now()
  const target = values.get('output') ?? (flags.has('remote-name') ? url.path.split('/').at(-1) : undefined)
  const write = (data: string | Uint8Array) => {
    if (target === undefined || target === '-') context.stdout.write(data)
    else context.fs.write(resolvePath(context.cwd, target), data)
  }
  const report = (code: number, size: number, type = '') => {
    const format = values.get('write-out')
    if (format === undefined) return
    const took = ((context.clock.now() - started) / 1000).toFixed(6)
    const known: Readonly<Record<string, string>> = {
      http_code: String(code).padStart(3, '0'),
      response_code: String(code).padStart(3, '0'),
      time_total: took,
      time_connect: took,
      time_starttransfer: took,
      size_download: String(size),
      url_effective: text,
      content_type: type,
      remote_ip: url?.host ?? '',
      num_redirects: String(redirects),
      method,
    }
    const shown = format
      .replace(/%\{(\w+)\}/g, (whole, name: string) => known[name] ?? whole)
      .replaceAll('\\n', '\n')
      .replaceAll('\\t', '\t')
    context.stdout.write(shown)
  }
  let redirects = 0
  for (;;) {
    const timeoutMs = seconds === undefined ? undefined : Number(seconds) * 1000
    const outcome = await fetchUrl(context, url, { method, headers, body }, timeoutMs)
    if (flags.has('verbose')) {
      context.stderr.write(`> ${method} ${url.path} HTTP/1.1\n> Host: ${url.host}\n`)
      for (const [name, value] of Object.entries(headers)) context.stderr.write(`> ${name}: ${value}\n`)
    }
    if (!outcome.ok) {
      if (
        mayRetry &&
        (outcome.failure === 'i/o timeout' || flags.has('retry-connrefused') || flags.has('retry-all-errors'))
      )
        return 'again'
      const code = complain(...curlFailure(outcome, url, context.clock.now() - started))
      report(0, 0)
      return code
    }
    const { response } = outcome
    if (mayRetry && [408, 429, 500, 502, 503, 504].includes(response.status)) return 'again'
    if (flags.has('verbose')) {
      for (const line of headText(response).trimEnd().split('\r\n')) context.stderr.write(`< ${line}\n`)
      context.stderr.write('<\n')
    }
    const location = response.headers['location']
    if (flags.has('location') && location !== undefined && response.status >= 300 && response.status < 400) {
      if (++redirects > Number(values.get('max-redirs') ?? MAX_REDIRECTS)) {
        return complain(47, `Maximum (${values.get('max-redirs') ?? MAX_REDIRECTS}) redirects followed`)
      }
      const next: Url | undefined = location.startsWith('/') ? { ...url, path: location } : parseUrl(location)
      if (next === undefined) return complain(3, 'URL rejected: Malformed input to a URL function')
      url = next
      if (response.status === 303) method = 'GET'
      continue
    }
    const refused = response.status >= 400
    if (flags.has('fail') && refused) {
      report(response.status, 0)
      return complain(22, `The requested URL returned error: ${response.status}`)
    }
    const shownHead = flags.has('include') || flags.has('head') ? headText(response) : ''
    const dump = values.get('dump-header')
    if (dump !== undefined) {
      if (dump === '-') context.stdout.write(headText(response))
      else context.fs.write(resolvePath(context.cwd, dump), headText(response))
    }
    const content = method === 'HEAD' ? '' : response.body
    if (shownHead !== '') write(shownHead)
    if (content.length > 0) write(content)
    report(response.status, content.length, response.headers['content-type'])
    if (flags.has('fail-with-body') && refused) {
      return complain(22, `The requested URL returned error: ${response.status}`)
    }
    return 0
  }
}

function headText({ status, headers }: Pick<HttpResponse, 'status' | 'headers'>): string {
  const lines = [statusLine(status)]
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  return `${lines.join('\r\n')}\r\n\r\n`
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

/** What nslookup prints, which differs from one implementation to the next. */
interface LookupStyle {
  server(ip: string): string
  address(name: string, ip: string): string
  missing(name: string): string
  /** Old ones print the name as it was asked for, once, before all addresses. */
  readonly asked: boolean
}

const CURRENT: LookupStyle = {
  server: (ip) => `Server:\t\t${ip}\nAddress:\t${ip}:53\n\n`,
  address: (name, ip) => `Name:\t${name}\nAddress: ${ip}\n`,
  missing: (name) => `** server can't find ${name}: NXDOMAIN\n\n`,
  asked: false,
}

/** That of Debian's dnsutils. */
const BIND: LookupStyle = { ...CURRENT, server: (ip) => `Server:\t\t${ip}\nAddress:\t${ip}#53\n\n` }

/** That of BusyBox up to 1.28. */
const OLD: LookupStyle = {
  server: (ip) => `Server:    ${ip}\nAddress 1: ${ip} kube-dns.kube-system.svc.cluster.local\n\n`,
  address: (name, ip) => `${ip} ${name}\n`,
  missing: (name) => `nslookup: can't resolve '${name}'\n`,
  asked: true,
}

const nslookup = lookup(CURRENT)
export const nslookupOfBind = lookup(BIND)
export const nslookupOfOldBusybox = lookup(OLD)

function lookup(style: LookupStyle): Program {
  return command(
    'nslookup',
    async (context, args) => {
      context.unsteady()
      const type = args.some((it) => /^-(?:type|q|querytype)=srv$/i.test(it)) ? 'SRV' : 'A'
      const [name, asked] = args.filter((it) => !it.startsWith('-'))
      if (name === undefined) throw new UsageError()
      const resolv = context.fs.exists('/etc/resolv.conf') ? context.fs.readText('/etc/resolv.conf') : ''
      const server = asked ?? /nameserver (\S+)/.exec(resolv)?.[1] ?? '127.0.0.1'
      context.stdout.write(style.server(server))
      // Each search domain is asked for by its full name, so that the answer can tell which one it was.
      const searches = /^search (.+)$/m.exec(resolv)?.[1]?.split(' ') ?? []
      const ndots = Number(/ndots:(\d+)/.exec(resolv)?.[1] ?? 1)
      const dots = name.split('.').length - 1
      const searched = name.endsWith('.') ? [] : searches.map((it) => `${name}.${it}`)
      const names = dots >= ndots ? [name, ...searched] : [...searched, name]
      for (const full of names) {
        const records = await context.net.resolve(full.endsWith('.') ? full : `${full}.`, type)
        if (records === undefined) continue
        if (style.asked) context.stdout.write(`Name:      ${name}\n`)
        let owner = full.replace(/\.$/, '')
        let count = 0
        for (const record of records) {
          if (record.type === 'A') {
            const number = style.asked ? `Address ${++count}: ` : ''
            context.stdout.write(`${number}${style.address(owner, record.ip)}`)
          } else if (record.type === 'CNAME') {
            if (!style.asked) context.stdout.write(`${owner}\tcanonical name = ${record.name}\n`)
            owner = record.name
          } else context.stdout.write(`${owner}\tservice = 0 100 ${record.port} ${record.target}\n`)
        }
        if (!style.asked) context.stdout.write('\n')
        return 0
      }
      context.stdout.write(style.missing(name))
      return 1
    },
    'nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n\nQuery DNS about HOST\n\nQUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,ptr,srv,any',
  )
}

/** `ip addr` and `ip route` of a pod: a loopback device, and one end of a pair whose other end the bridge has. */
const ip = command(
  'ip',
  (context, args) => {
    const [what = '', ...rest] = args.filter((it) => !it.startsWith('-'))
    const own = context.net.ips[0] ?? '0.0.0.0'
    const net = own.split('.').slice(0, 3).join('.')
    if ('address'.startsWith(what) && what !== '') {
      const device = rest.filter((it) => !['show', 'list', 'ls', 'dev'].includes(it))[0]
      const hex = own.split('.').map((it) => Number(it).toString(16).padStart(2, '0'))
      const lines = [
        '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000',
        '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00',
        '    inet 127.0.0.1/8 scope host lo',
        '       valid_lft forever preferred_lft forever',
        '2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue',
        `    link/ether 0a:58:${hex.join(':')} brd ff:ff:ff:ff:ff:ff`,
        `    inet ${own}/24 brd ${net}.255 scope global eth0`,
        '       valid_lft forever preferred_lft forever',
      ]
      const shown = device === 'lo' ? lines.slice(0, 4) : device === 'eth0' ? lines.slice(4) : lines
      context.stdout.write(`${shown.join('\n')}\n`)
      return 0
    }
    if ('route'.startsWith(what) && what !== '') {
      context.stdout.write(`default via ${net}.1 dev eth0\n${net}.0/24 dev eth0 scope link  src ${own}\n`)
      return 0
    }
    throw new UsageError()
  },
  'ip [OPTIONS] address|route',
)

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
  const { flags, values, rest } = options(args, 'zvulnkw:p:')
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
  const { values, rest } = options(args, 'qc:W:w:i:s:')
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

export const NETWORK_COMMANDS: readonly Program[] = [wget, curl, nslookup, ip, getent, nc, ping]
