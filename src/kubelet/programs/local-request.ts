/** Requests that never leave their network namespace: localhost and the namespace's own addresses. */
import type { HttpOutcome, HttpRequest, NetworkNamespace } from '../../api/sockets.ts'
import type { EventLoop } from '../../kernel/event-loop.ts'

/** False when the target is elsewhere. `done` is called from the loop. */
export function requestLocally(
  loop: EventLoop,
  stack: NetworkNamespace,
  target: { readonly host: string; readonly port: number },
  request: HttpRequest,
  done: (outcome: HttpOutcome) => void,
): boolean {
  const { host, port } = target
  const loopback = host === 'localhost' || host.startsWith('127.') || host === '::1'
  if (!loopback && !stack.ips.includes(host)) return false
  const listener = stack.listener(port, 'TCP', loopback ? '127.0.0.1' : host)
  const from = { ip: host === 'localhost' ? '127.0.0.1' : host, port }
  loop.at(loop.now, () => {
    if (listener?.http === undefined || !stack.alive) {
      const detail = `dial tcp ${from.ip}:${port}: connect: connection refused`
      done({ ok: false, failure: 'connection refused', detail })
      return
    }
    listener.http(request, { ip: loopback ? '127.0.0.1' : stack.ips[0]!, port: 0 }, (response) =>
      done({ ok: true, response, from }),
    )
  })
  return true
}
