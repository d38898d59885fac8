/** GET pods/x/log: plain text, as long as the container writes when followed. */
import { isRefusal } from '../api/streams.ts'
import type { Exchange, FrontOptions } from './front.ts'
import { flag, integer } from './query.ts'
import { COMMON_HEADERS } from './respond.ts'
import type { ResourceRoute } from './route.ts'
import { containerOf, logTarget, refused } from './streams.ts'

/** Bytes that may wait for a reader; one that is further behind is cut. */
const BEHIND_MAX = 8 * 1024 * 1024

export function serveLog(options: FrontOptions, exchange: Exchange, route: ResourceRoute): undefined {
  const { server, loop, streamsOf } = options
  const { response, query, user } = exchange
  const { namespace = '', name = '' } = route
  loop.enter(() => {
    server.authorize({
      verb: 'get',
      group: '',
      version: 'v1',
      resource: 'pods',
      subresource: 'log',
      namespace,
      name,
      user,
    })
    const { pod, streams } = logTarget(server, streamsOf, namespace, name)
    const container = containerOf(pod, query.get('container') ?? undefined)
    const begin = () => {
      if (response.headersSent) return
      response.writeHead(200, { 'Content-Type': 'text/plain', ...COMMON_HEADERS })
      response.flushHeaders()
    }
    if (streams === undefined) {
      begin()
      response.end()
      return
    }
    const log = streams.logs(
      {
        namespace,
        pod: name,
        container,
        follow: flag(query, 'follow'),
        previous: flag(query, 'previous'),
        tailLines: integer(query, 'tailLines'),
        limitBytes: integer(query, 'limitBytes'),
        sinceSeconds: integer(query, 'sinceSeconds'),
        sinceTime: query.get('sinceTime') ?? undefined,
        timestamps: flag(query, 'timestamps'),
      },
      {
        data(chunk) {
          begin()
          if (response.writableLength < BEHIND_MAX) response.write(chunk)
          else response.destroy()
        },
        end() {
          begin()
          response.end()
        },
      },
    )
    if (isRefusal(log)) throw refused(log)
    begin()
    response.on('close', () => loop.enter(() => log.stop()))
  })
}
