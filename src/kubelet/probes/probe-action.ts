/**
 * Asks a container once: the four kinds of probes, and the HTTP and exec forms of lifecycle hooks (upstream:
 * pkg/probe and pkg/kubelet/prober/prober.go).
 */
import type { Container } from '../../api/core/container.ts'
import type { HTTPGetAction, LifecycleHandler, Probe } from '../../api/core/probe.ts'
import type { HttpRequest, HttpResponse, NetworkNamespace } from '../../api/sockets.ts'
import type { Clock } from '../../client/process.ts'
import type { RuntimeService } from '../cri/runtime.ts'

/** `steady`: the same question gets the same answer until something announces a change. */
export interface ProbeAnswer {
  readonly result: 'success' | 'failure' | 'warning' | 'error'
  readonly output: string
  readonly steady: boolean
}

/** Where a probe goes. */
export interface ProbeTarget {
  readonly containerId: string
  readonly spec: Container
  readonly podIp: string
  readonly stack: NetworkNamespace
  readonly runtime: RuntimeService
  readonly clock: Clock
}

/** `done` is called once, at once when no time passes. */
export function runProbe(probe: Probe, target: ProbeTarget, done: (answer: ProbeAnswer) => void): void {
  const timeoutMs = (probe.timeoutSeconds || 1) * 1000
  if (probe.exec !== undefined) probeExec(probe.exec.command ?? [], target, timeoutMs, done)
  else if (probe.httpGet !== undefined) probeHttp(probe.httpGet, target, timeoutMs, done)
  else if (probe.tcpSocket !== undefined) {
    const { host, port } = probe.tcpSocket
    const number = portNumber(port, target.spec)
    if (number === undefined) done(noPort(port))
    else done(probeTcp(host || target.podIp, number, target))
  } else if (probe.grpc !== undefined)
    done(probeGrpc(probe.grpc.port, probe.grpc.service ?? '', target, timeoutMs))
  else done({ result: 'error', output: 'missing probe handler', steady: true })
}

/** A hook that is exec or httpGet; the error's text, or undefined when it went well. */
export function runHook(
  handler: LifecycleHandler,
  target: ProbeTarget,
  timeoutMs: number,
  done: (error: string | undefined) => void,
): void {
  if (handler.sleep !== undefined) {
    target.clock.after(handler.sleep.seconds * 1000, () => done(undefined), {
      label: 'sleep of a lifecycle hook',
    })
  } else if (handler.exec !== undefined) {
    target.runtime.execSync(target.containerId, handler.exec.command ?? [], timeoutMs, (error, result) => {
      if (error !== undefined) done(error.text())
      else if (result.exitCode !== 0)
        done(`command exited with ${result.exitCode}: ${result.stdout}${result.stderr}`)
      else done(undefined)
    })
  } else if (handler.httpGet !== undefined) {
    probeHttp(handler.httpGet, target, timeoutMs, (answer) =>
      done(answer.result === 'success' || answer.result === 'warning' ? undefined : answer.output),
    )
  } else done(undefined)
}

function probeExec(
  command: readonly string[],
  target: ProbeTarget,
  timeoutMs: number,
  done: (answer: ProbeAnswer) => void,
): void {
  target.runtime.execSync(target.containerId, command, timeoutMs, (error, result) => {
    if (error?.code === 'DeadlineExceeded') {
      const output = `command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`
      done({ result: 'failure', output, steady: false })
    } else if (error !== undefined) done({ result: 'error', output: error.text(), steady: true })
    else {
      const output = result.stdout + result.stderr
      done({ result: result.exitCode === 0 ? 'success' : 'failure', output, steady: result.steady })
    }
  })
}

function probeHttp(
  action: HTTPGetAction,
  target: ProbeTarget,
  timeoutMs: number,
  done: (answer: ProbeAnswer) => void,
): void {
  const port = portNumber(action.port, target.spec)
  if (port === undefined) {
    done(noPort(action.port))
    return
  }
  const host = action.host || target.podIp
  askHttp(action, host, port, action.path || '/', 0, target, timeoutMs, done)
}

/** Go's client follows at most ten. */
const REDIRECTS_MAX = 10

function askHttp(
  action: HTTPGetAction,
  host: string,
  port: number,
  path: string,
  redirects: number,
  target: ProbeTarget,
  timeoutMs: number,
  done: (answer: ProbeAnswer) => void,
): void {
  const url = `${(action.scheme || 'HTTP').toLowerCase()}://${host}:${port}${path.startsWith('/') ? path : `/${path}`}`
  const listener = target.stack.alive ? target.stack.listener(port, 'TCP', host) : undefined
  if (listener?.http === undefined) {
    const output = `Get "${url}": dial tcp ${host}:${port}: connect: connection refused`
    done({ result: 'failure', output, steady: true })
    return
  }
  const headers: Record<string, string> = {
    host: `${host}:${port}`,
    'user-agent': 'kube-probe/1.33',
    accept: '*/*',
    connection: 'close',
  }
  for (const { name, value } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value
  const request: HttpRequest = { method: 'GET', path, headers, body: '', tls: action.scheme === 'HTTPS' }
  let over = false
  let timer: { cancel(): void } | undefined
  listener.http(request, { ip: target.podIp, port: 0 }, (response) => {
    if (over) return
    over = true
    timer?.cancel()
    const { status } = response
    if (status >= 200 && status < 300) done({ result: 'success', output: '', steady: listener.steady })
    else if (status >= 300 && status < 400) {
      const { location } = response.headers
      const next = location === undefined ? undefined : sameHost(location, host, port)
      if (next === undefined) {
        const output = `Probe terminated redirects, Response body: ${bodyOf(response)}`
        done({ result: 'warning', output, steady: listener.steady })
      } else if (redirects >= REDIRECTS_MAX) {
        const output = `Get "${url}": stopped after ${REDIRECTS_MAX} redirects`
        done({ result: 'failure', output, steady: listener.steady })
      } else askHttp(action, host, next.port, next.path, redirects + 1, target, timeoutMs, done)
    } else {
      done({
        result: 'failure',
        output: `HTTP probe failed with statuscode: ${status}`,
        steady: listener.steady,
      })
    }
  })
  if (over) return
  timer = target.clock.after(timeoutMs, () => {
    over = true
    const output = `Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`
    done({ result: 'failure', output, steady: false })
  })
}

/** Where a redirect leads, unless that is another host: there a probe does not go. */
function sameHost(location: string, host: string, port: number): { port: number; path: string } | undefined {
  if (location.startsWith('/')) return { port, path: location }
  const match = /^https?:\/\/([^:/?]+)(?::(\d+))?(\/.*)?$/.exec(location)
  if (match === null || match[1] !== host) return undefined
  return {
    port: match[2] === undefined ? (location.startsWith('https') ? 443 : 80) : Number(match[2]),
    path: match[3] ?? '/',
  }
}

function bodyOf({ body }: HttpResponse): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body)
}

function probeTcp(host: string, port: number, { stack }: ProbeTarget): ProbeAnswer {
  const open = stack.alive && stack.listener(port, 'TCP', host) !== undefined
  if (open) return { result: 'success', output: '', steady: true }
  const output = `dial tcp ${host}:${port}: connect: connection refused`
  return { result: 'failure', output, steady: true }
}

function probeGrpc(
  port: number,
  service: string,
  { stack, podIp }: ProbeTarget,
  timeoutMs: number,
): ProbeAnswer {
  const listener = stack.alive ? stack.listener(port, 'TCP', podIp) : undefined
  if (listener === undefined) {
    const output = `timeout: failed to connect service "${podIp}:${port}" within ${timeoutMs / 1000}s: context deadline exceeded`
    return { result: 'failure', output, steady: true }
  }
  const status = listener.grpcHealth?.(service)
  if (status === undefined) {
    const output = 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health)'
    return { result: 'failure', output, steady: true }
  }
  if (status === 'SERVING') return { result: 'success', output: 'service healthy', steady: listener.steady }
  return {
    result: 'failure',
    output: `service unhealthy (responded with "${status}")`,
    steady: listener.steady,
  }
}

function portNumber(port: number | string, spec: Container): number | undefined {
  if (typeof port === 'number') return port
  const named = spec.ports?.find((it) => it.name === port)
  if (named !== undefined) return named.containerPort
  return /^\d+$/.test(port) ? Number(port) : undefined
}

function noPort(port: number | string): ProbeAnswer {
  return { result: 'error', output: `couldn't find port "${port}" in container`, steady: true }
}
