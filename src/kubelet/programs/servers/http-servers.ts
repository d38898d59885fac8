/** Servers that answer HTTP: nginx, httpd, http-echo, agnhost netexec, php-fpm behind nginx. */
import type { HttpRequest, HttpResponse } from '../../../api/sockets.ts'
import { decodeText } from '../../file-tree.ts'
import { accessLogLine } from '../access-log.ts'
import { sleepMs } from '../commands/command.ts'
import { bodyText, parseUrl } from '../commands/network.ts'
import { Pipe } from '../pipe.ts'
import type { ProcessContext, Program } from '../program.ts'
import { answerReview, delayOf } from './webhook.ts'

const TEXT = { 'content-type': 'text/plain; charset=utf-8' }
const HTML = { 'content-type': 'text/html' }
/** A static page costs this much: millicore seconds. */
const PAGE_COST = 0.5
const PHP_COST = 5

function text(body: string, status = 200): HttpResponse {
  return { status, headers: TEXT, body }
}

export const WELCOME = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and working.</p>
</body>
</html>
`

/** nginx: static files under its root, and php-fpm behind it when the configuration says so. */
export const nginx: Program = {
  name: 'nginx',
  start(context) {
    context.setMemory(10 * 1024 * 1024)
    const site = readSite(context)
    // Graceful: what is under way gets its answer.
    let busy = 0
    let closing = false
    const leave = () => {
      if (closing && busy === 0) context.exit(0)
    }
    const quit = () => {
      closing = true
      close()
      leave()
    }
    context.onSignal('SIGQUIT', quit)
    // nginx ends at once on SIGTERM; the image therefore asks for SIGQUIT.
    context.onSignal('SIGTERM', () => context.exit(0))
    context.onSignal('SIGHUP', () => {})
    const close = context.net.listen({
      port: site.port,
      steady: site.fastcgi === undefined,
      http: (request, peer, done) => {
        busy++
        context.spendCpu(PAGE_COST)
        const answer = (response: HttpResponse) => {
          busy--
          context.stdout.write(accessLogLine(context.clock.now(), request, peer, response))
          done(response)
          leave()
        }
        const path = request.path.split('?')[0]!
        if (site.fastcgi !== undefined && (path.endsWith('.php') || path === '/'))
          passToFpm(context, site, request, answer)
        else answer(staticFile(context, site.root, path))
      },
    })
    return undefined
  },
}

interface Site {
  readonly port: number
  readonly root: string
  readonly fastcgi: { readonly host: string; readonly port: number } | undefined
}

function readSite(context: ProcessContext): Site {
  let configuration = ''
  for (const path of ['/etc/nginx/conf.d/default.conf', '/etc/nginx/nginx.conf']) {
    if (context.fs.exists(path)) configuration += context.fs.readText(path)
  }
  if (context.fs.exists('/etc/nginx/conf.d')) {
    for (const name of context.fs.list('/etc/nginx/conf.d')) {
      if (name.endsWith('.conf') && name !== 'default.conf') {
        configuration += context.fs.readText(`/etc/nginx/conf.d/${name}`)
      }
    }
  }
  const fastcgi = /fastcgi_pass\s+([\w.-]+):(\d+)\s*;/.exec(configuration)
  return {
    port: Number(/listen\s+(?:[\d.]+:)?(\d+)/.exec(configuration)?.[1] ?? 80),
    root: /root\s+([^;\s]+)\s*;/.exec(configuration)?.[1] ?? '/usr/share/nginx/html',
    fastcgi: fastcgi === null ? undefined : { host: fastcgi[1]!, port: Number(fastcgi[2]) },
  }
}

function staticFile(context: ProcessContext, root: string, path: string): HttpResponse {
  const file = path.endsWith('/') ? `${root}${path}index.html` : `${root}${path}`
  if (context.fs.exists(file) && context.fs.stat(file).type === 'file') {
    return { status: 200, headers: HTML, body: context.fs.readBytes(file) }
  }
  if (path === '/' && !context.fs.exists(root)) return { status: 200, headers: HTML, body: WELCOME }
  if (path === '/' && context.fs.exists(root) && context.fs.list(root).length === 0) {
    return { status: 403, headers: HTML, body: errorPage('403 Forbidden') }
  }
  return { status: 404, headers: HTML, body: errorPage('404 Not Found') }
}

/** As nginx words it. */
export function errorPage(title: string): string {
  return [
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    `<center><h1>${title}</h1></center>`,
    '<hr><center>nginx/1.27.5</center>',
    '</body>',
    '</html>',
    '',
  ].join('\r\n')
}

function passToFpm(
  context: ProcessContext,
  site: Site,
  request: HttpRequest,
  done: (response: HttpResponse) => void,
): void {
  void context.net
    .http(site.fastcgi!, {
      method: request.method,
      path: request.path,
      headers: request.headers,
      body: request.body,
    })
    .then((outcome) => {
      if (outcome.ok) done(outcome.response)
      else
        done({
          status: 502,
          headers: HTML,
          body: errorPage('502 Bad Gateway'),
        })
    })
}

/** php-fpm: answers the requests that nginx passes on; scripts are not run, they are described. */
export const phpFpm: Program = {
  name: 'php-fpm',
  start(context) {
    context.setMemory(24 * 1024 * 1024)
    context.onSignal('SIGTERM', () => context.exit(0))
    context.onSignal('SIGQUIT', () => context.exit(0))
    context.stderr.write('NOTICE: fpm is running, pid 1\nNOTICE: ready to handle connections\n')
    context.net.listen({
      port: 9000,
      steady: true,
      http: (request, _peer, done) => {
        context.spendCpu(PHP_COST)
        const path = request.path.split('?')[0]!
        const file = `/var/www/html${path === '/' ? '/index.php' : path}`
        const found = context.fs.exists(file)
        if (!found && path !== '/' && path !== '/index.php') {
          done({ status: 404, headers: HTML, body: 'File not found.\n' })
          return
        }
        const output = found
          ? renderPhp(context.fs.readText(file), context)
          : `PHP 8.2 on ${context.hostname}\n`
        done({ status: 200, headers: { ...HTML, 'x-powered-by': 'PHP/8.2' }, body: output })
      },
    })
    return undefined
  },
}

/** Enough of PHP for a page that says who served it: echo of texts, gethostname() and getenv(). */
function renderPhp(source: string, context: ProcessContext): string {
  return source.replace(
    /<\?php([\s\S]*?)(\?>|$)|<\?=([\s\S]*?)\?>/g,
    (_, code?: string, _end?: string, short?: string) => {
      const statements = short !== undefined ? [`echo ${short}`] : (code ?? '').split(';')
      let output = ''
      for (const statement of statements) {
        const echo = /^\s*(?:echo|print)\s+([\s\S]+)$/.exec(statement)
        if (echo === null) continue
        for (const piece of echo[1]!.match(
          /"[^"]*"|'[^']*'|gethostname\(\)|getenv\(['"]\w+['"]\)|phpversion\(\)/g,
        ) ?? []) {
          if (piece.startsWith('gethostname')) output += context.hostname
          else if (piece.startsWith('phpversion')) output += '8.2.0'
          else if (piece.startsWith('getenv'))
            output += context.env.get(/['"](\w+)['"]/.exec(piece)![1]!) ?? ''
          else output += piece.slice(1, -1).replaceAll('\\n', '\n')
        }
      }
      return output
    },
  )
}

/** hashicorp/http-echo: `-text=hello -listen=:5678`. */
export const httpEcho: Program = {
  name: 'http-echo',
  start(context) {
    const value = (name: string) => {
      const at = context.argv.findIndex((it) => it === `-${name}` || it === `--${name}`)
      if (at >= 0) return context.argv[at + 1]
      return context.argv
        .find((it) => it.startsWith(`-${name}=`) || it.startsWith(`--${name}=`))
        ?.split('=')
        .slice(1)
        .join('=')
    }
    const body = value('text') ?? context.env.get('ECHO_TEXT') ?? 'hello-world'
    const port = Number((value('listen') ?? ':5678').split(':').at(-1))
    context.onSignal('SIGTERM', () => context.exit(0))
    context.net.listen({
      port,
      steady: true,
      http: (_request, _peer, done) => {
        context.spendCpu(PAGE_COST)
        done({ status: 200, headers: { ...TEXT, 'x-app-name': 'http-echo' }, body: `${body}\n` })
      },
    })
    return undefined
  },
}

/** registry.k8s.io/e2e-test-images/agnhost: netexec, pause, serve-hostname, webhook. */
export const agnhost: Program = {
  name: 'agnhost',
  start(context) {
    const [, mode = 'pause', ...args] = context.argv
    context.onSignal('SIGTERM', () => context.exit(0))
    const say = (line: string) => context.stdout.write(`${logPrefix(context)}${line}\n`)
    if (mode === 'webhook') {
      context.net.listen({
        port: Number(args.find((it) => it.startsWith('--port='))?.split('=')[1] ?? 443),
        steady: true,
        http: (request, _peer, done) => {
          context.spendCpu(PAGE_COST)
          const answer = () => done(answerReview(request))
          const delayMs = delayOf(request)
          if (delayMs === 0) answer()
          else context.clock.after(delayMs, answer)
        },
      })
    }
    if (mode === 'netexec' || mode === 'serve-hostname') {
      const flag = args.find((it) => it.startsWith('--http-port=') || it.startsWith('--port='))
      const port = Number(flag?.split('=')[1] ?? (mode === 'netexec' ? 8080 : 9376))
      let healthy = true
      if (mode === 'netexec') {
        const udp = args.find((it) => it.startsWith('--udp-port='))?.split('=')[1] ?? '8081'
        say(`Started HTTP server on port ${port}`)
        if (udp !== '-1') say(`Started UDP server on port  ${udp}`)
      }
      context.net.listen({
        port,
        // /shutdown, /healthz and friends announce what changes their answers.
        steady: true,
        http: (request, peer, done) => {
          context.spendCpu(PAGE_COST)
          if (mode === 'serve-hostname') done(text(`${context.hostname}\n`))
          else {
            const setHealthy = (value: boolean) => {
              healthy = value
              context.net.namespace.changed()
            }
            const answer = netexec(context, request, peer, () => healthy, setHealthy, done)
            if (answer !== undefined) done(answer)
          }
        },
      })
    }
    if (mode === 'liveness' || mode === '/server') failAfter(context, LIVENESS_MS)
    return undefined
  },
}

/** Healthy so long: what a liveness probe is there to find. */
const LIVENESS_MS = 10_000

function failAfter(context: ProcessContext, ms: number): void {
  const startedAt = context.clock.now()
  context.clock.after(ms, () => context.net.namespace.changed())
  context.net.listen({
    port: 8080,
    steady: true,
    http: (request, _peer, done) => {
      const aliveMs = context.clock.now() - startedAt
      if (request.path.split('?')[0] !== '/healthz') done(text('404 page not found\n', 404))
      else if (aliveMs <= ms) done(text('ok'))
      else done(text(`error: ${aliveMs / 1000}`, 500))
    },
  })
}

/** `I0911 09:19:26.677397       1 log.go:195] `. */
function logPrefix(context: ProcessContext): string {
  const [, month, day, time, fraction = '000'] =
    /^\d+-(\d\d)-(\d\d)T([\d:]+)\.(\d+)/.exec(new Date(context.clock.now()).toISOString()) ?? []
  return `I${month}${day} ${time}.${fraction.padEnd(6, '0')}       1 log.go:245] `
}

/** registry.k8s.io/echoserver: tells the client what it sees of it. */
export const echoServer: Program = {
  name: 'echoserver',
  start(context) {
    context.onSignal('SIGTERM', () => context.exit(0))
    context.net.listen({
      port: 8080,
      steady: true,
      http: (request, peer, done) => {
        context.spendCpu(PAGE_COST)
        const [path = '/', query] = request.path.split('?')
        const host = request.headers['host'] ?? context.hostname
        const body = bodyText(request.body)
        const lines = [
          'CLIENT VALUES:',
          `client_address=${peer.ip}`,
          `command=${request.method}`,
          `real path=${path}`,
          `query=${query ?? 'nil'}`,
          'request_version=1.1',
          `request_uri=http://${host.split(':')[0]}:8080${path}`,
          '',
          'SERVER VALUES:',
          'server_version=nginx: 1.10.0 - lua: 10001',
          '',
          'HEADERS RECEIVED:',
          ...Object.entries(request.headers)
            .map(([name, value]) => `${name}=${value}`)
            .sort(),
          'BODY:',
          body === '' ? '-no body in request-' : body,
        ]
        done(text(lines.join('\n')))
      },
    })
    return undefined
  },
}

/** Apache httpd: static files. */
export const httpd: Program = {
  name: 'httpd-foreground',
  start(context) {
    context.onSignal('SIGTERM', () => context.exit(0))
    context.onSignal('SIGWINCH', () => context.exit(0))
    context.net.listen({
      port: 80,
      steady: true,
      http: (request, peer, done) => {
        context.spendCpu(PAGE_COST)
        const root = '/usr/local/apache2/htdocs'
        const path = request.path.split('?')[0]!
        const response =
          path === '/' && !context.fs.exists(root)
            ? { status: 200, headers: HTML, body: IT_WORKS }
            : staticFile(context, root, path)
        context.stdout.write(accessLogLine(context.clock.now(), request, peer, response))
        done(response)
      },
    })
    return undefined
  },
}

export const IT_WORKS = '<html><body><h1>It works!</h1></body></html>\n'

function netexec(
  context: ProcessContext,
  request: HttpRequest,
  peer: { readonly ip: string; readonly port: number },
  healthy: () => boolean,
  setHealthy: (value: boolean) => void,
  done: (response: HttpResponse) => void,
): HttpResponse | undefined {
  const [path, query = ''] = request.path.split('?') as [string, string?]
  const parameter = (name: string) => {
    const found = query.split('&').find((it) => it.startsWith(`${name}=`))
    return found === undefined
      ? undefined
      : decodeURIComponent(found.slice(name.length + 1).replaceAll('+', ' '))
  }
  switch (path) {
    case '/hostname':
    case '/hostName':
      return text(context.hostname)
    case '/clientip':
      return text(`${peer.ip}:${peer.port}`)
    case '/header':
      return text(request.headers[(parameter('key') ?? '').toLowerCase()] ?? '')
    case '/healthz':
      return healthy() ? text('') : text('', 412)
    case '/echo':
      return text(parameter('msg') ?? '', Number(parameter('code') ?? 200))
    case '/exit': {
      const code = Number(parameter('code') ?? 0)
      context.loop.at(context.clock.now(), () => context.exit(code))
      return text('')
    }
    case '/unhealthy':
      setHealthy(false)
      return text('')
    case '/sleep':
      context.clock.after(sleepMs(parameter('duration') ?? '1s'), () => done(text('')))
      return undefined
    case '/shell': {
      const command = parameter('cmd') ?? parameter('shellCommand') ?? ''
      void runShell(context, command).then((answer) => done(text(answer)))
      return undefined
    }
    case '/dial':
      void dial(context, parameter).then((answer) => done(text(answer)))
      return undefined
    default:
      return text(`NOW: ${new Date(context.clock.now()).toISOString()}`)
  }
}

async function runShell(context: ProcessContext, script: string): Promise<string> {
  let output = ''
  const pipe = new Pipe(context.loop, (chunk) => {
    output += decodeText(chunk)
  })
  const child = context.spawn(['sh', '-c', script], { stdout: pipe, stderr: pipe })
  const code = await child.exited
  return JSON.stringify(code === 0 ? { output } : { error: `exit status ${code}`, output })
}

async function dial(
  context: ProcessContext,
  parameter: (name: string) => string | undefined,
): Promise<string> {
  const host = parameter('host') ?? ''
  const port = parameter('port') ?? '80'
  const tries = Number(parameter('tries') ?? '1')
  const responses: string[] = []
  const errors: string[] = []
  for (let i = 0; i < tries; i++) {
    const url = parseUrl(`http://${host}:${port}/${parameter('request') ?? 'hostname'}`)!
    const outcome = await context.net.http({ host: url.host, port: url.port }, { path: url.path })
    if (outcome.ok) responses.push(bodyText(outcome.response.body))
    else errors.push(outcome.detail)
  }
  return JSON.stringify({
    ...(errors.length > 0 ? { errors } : {}),
    ...(responses.length > 0 ? { responses } : {}),
  })
}
