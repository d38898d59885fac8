/** The network between pods, with the API server on it as containers reach it. */
import type { UserInfo } from '../api/request.ts'
import { ADVERTISED } from '../apiserver/bootstrap.ts'
import { VERSION_INFO } from '../apiserver/discovery.ts'
import type { ApiServer } from '../apiserver/server.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import type { Journal } from '../kernel/journal.ts'
import type { Random } from '../kernel/random.ts'
import { apiFront } from '../network/api-front.ts'
import { ClusterNetwork } from '../network/cluster-network.ts'
import type { ProxyMode } from '../network/proxy/balancer.ts'

export function podNetwork(
  world: { readonly loop: EventLoop; readonly journal: Journal; readonly server: ApiServer },
  random: Random,
  mode: ProxyMode = 'iptables',
): ClusterNetwork {
  const { loop, journal, server } = world
  const network = new ClusterNetwork({ loop, journal, random, mode })
  const authenticate = (token: string) => server.tokens.verify(token, loop.now)
  const page = (path: string, user: UserInfo) => pageOf(server, path, user)
  network.serve(ADVERTISED.ip, apiFront({ api: server, port: ADVERTISED.port, authenticate, page }))
  return network
}

/** Discovery, versions and health as containers see them. */
function pageOf(server: ApiServer, path: string, user: UserInfo): object | 'forbidden' | undefined {
  if (!server.allows(user, { verb: 'get', path }).allowed) return 'forbidden'
  const { discovery } = server
  const [first, second, third] = path.split('/').filter((it) => it !== '')
  switch (first) {
    case undefined:
      return discovery.rootPaths()
    case 'version':
      return VERSION_INFO
    case 'healthz':
    case 'livez':
    case 'readyz':
      return {}
    case 'api':
      return second === undefined
        ? discovery.coreVersions(`${ADVERTISED.ip}:${ADVERTISED.port}`)
        : discovery.resources('', second)
    case 'apis':
      if (second === undefined) return discovery.groupList()
      return third === undefined ? discovery.group(second) : discovery.resources(second, third)
    default:
      return undefined
  }
}
