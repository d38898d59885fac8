/** port-forward: connections to the ports of a pod, over SPDY streams or WebSocket channels. */
import { badRequest } from '../../api/errors.ts'
import { type Connection, isRefusal } from '../../api/streams.ts'
import type { FrontOptions } from '../front.ts'
import type { ResourceRoute } from '../route.ts'
import { podTarget } from '../streams.ts'
import { SpdyConnection, type SpdyStream } from './spdy.ts'

/** Opens one connection; `end` comes with an error when there is nobody listening. */
export type Connect = (
  port: number,
  sink: { data(chunk: Uint8Array): void; end(error?: string): void },
) => Connection | undefined

/** Checks what can be refused before the connection is upgraded. Throws ApiError. */
export function preparePortForward({ server, streamsOf, loop }: FrontOptions, route: ResourceRoute): Connect {
  const { namespace = '', name = '' } = route
  const { pod, streams } = podTarget(server, streamsOf, namespace, name)
  if (pod.status?.phase !== 'Running') {
    throw badRequest(`unable to forward port because pod is not running. Current status=${pod.status?.phase}`)
  }
  return (port, sink) => {
    const connection = loop.enter(() => streams.portForward({ namespace, pod: name }, port, sink))
    if (isRefusal(connection)) {
      sink.end(connection.message)
      return undefined
    }
    return {
      write: (chunk) => loop.enter(() => connection.write(chunk)),
      end: () => loop.enter(() => connection.end()),
    }
  }
}

/** Streams come in pairs with one request id: errors for people first, then the data. */
export function portForwardOverSpdy(
  connect: Connect,
  send: (bytes: Buffer) => void,
  closed: () => void,
): SpdyConnection {
  const errors = new Map<string, SpdyStream>()
  return new SpdyConnection(send, {
    stream(stream) {
      const id = stream.headers.get('requestid') ?? String(stream.id)
      const port = Number(stream.headers.get('port'))
      if (!(port >= 1 && port <= 65_535)) return stream.reset()
      if (stream.headers.get('streamtype') === 'error') errors.set(id, stream)
      else join(stream, errors.get(id), port, connect)
    },
    closed,
  })
}

function join(data: SpdyStream, error: SpdyStream | undefined, port: number, connect: Connect) {
  const connection = connect(port, {
    data: (chunk) => data.write(chunk),
    end(message) {
      if (message !== undefined) error?.write(Buffer.from(message))
      error?.end()
      data.end()
    },
  })
  data.onData = (chunk) => connection?.write(chunk)
  data.onEnd = () => connection?.end()
  data.onReset = () => connection?.end()
}
