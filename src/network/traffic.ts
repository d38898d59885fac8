/** Requests from scenarios: so many, at such a rate, from somewhere, with a summary of who answered. */
import type { HttpOutcome, NetworkNamespace } from '../api/sockets.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import type { ClusterNetwork } from './cluster-network.ts'

export interface TrafficOptions {
  /** `http://web.default/path`, `http://10.96.0.5:8080`. */
  readonly url: string
  readonly from: NetworkNamespace
  readonly count: number
  /** Requests per second; absent: one after another. */
  readonly rate?: number
  readonly timeoutMs?: number
  readonly method?: string
}

export interface TrafficSummary {
  readonly sent: number
  readonly succeeded: number
  readonly failed: number
  /** By status code, such as `200`. */
  readonly statuses: Readonly<Record<string, number>>
  /** By reason, such as `connection refused`. */
  readonly failures: Readonly<Record<string, number>>
  /** By the address that answered. */
  readonly answeredBy: Readonly<Record<string, number>>
  /** ms. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number }
}

/** The search path of a pod in namespace default, for names in URLs. */
const DNS = {
  nameservers: ['10.96.0.10'],
  searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
  ndots: 5,
}

/** Sends the requests and calls back once all are answered or have failed. */
export function sendTraffic(
  network: ClusterNetwork,
  loop: EventLoop,
  options: TrafficOptions,
  done: (summary: TrafficSummary) => void,
): void {
  const url = /^http:\/\/([^:/]+)(?::(\d+))?(\/.*)?$/.exec(options.url)
  if (url === null) throw new Error(`"${options.url}" is no http:// URL`)
  const target = { host: url[1]!, port: Number(url[2] ?? 80) }
  const request = {
    method: options.method ?? 'GET',
    path: url[3] ?? '/',
    headers: { host: target.host, 'user-agent': 'kubarium' },
    body: '',
  }
  const statuses = new Map<string, number>()
  const failures = new Map<string, number>()
  const answeredBy = new Map<string, number>()
  const latencies: number[] = []
  let succeeded = 0
  let left = options.count
  const finish = () => {
    latencies.sort((a, b) => a - b)
    const at = (share: number) =>
      latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
    done({
      sent: options.count,
      succeeded,
      failed: options.count - succeeded,
      statuses: Object.fromEntries([...statuses].sort()),
      failures: Object.fromEntries([...failures].sort()),
      answeredBy: Object.fromEntries([...answeredBy].sort()),
      latency: { p50: at(0.5), p99: at(0.99), max: latencies.at(-1) ?? 0 },
    })
  }
  const send = (next: () => void) => {
    const start = loop.now
    network.http(options.from, target, request, { dns: DNS, timeoutMs: options.timeoutMs }, (outcome) => {
      latencies.push(loop.now - start)
      if (count(outcome)) succeeded++
      if (--left === 0) finish()
      else next()
    })
  }
  const count = (outcome: HttpOutcome): boolean => {
    if (!outcome.ok) {
      add(failures, outcome.failure)
      return false
    }
    add(statuses, String(outcome.response.status))
    add(answeredBy, outcome.from.ip)
    return outcome.response.status < 400
  }
  if (options.count <= 0) {
    finish()
    return
  }
  if (options.rate === undefined) {
    const again = () => send(again)
    again()
    return
  }
  const gap = 1000 / options.rate
  let sent = 0
  const tick = () => {
    sent++
    if (sent < options.count) loop.after(gap, tick, { label: 'traffic' })
    send(() => {})
  }
  tick()
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
