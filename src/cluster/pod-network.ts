/** The network between pods, with the API server on it as containers reach it. */
import type { ApiServer } from '../apiserver/server.ts'
import type { EventLoop } from '../kernel/event-loop.ts'
import type { Journal } from '../kernel/journal.ts'
import type { Random } from '../kernel/random.ts'
import { apiFront } from '../network/api-front.ts'
import { ClusterNetwork } from '../network/cluster-network.ts'
import type { ProxyMode } from '../network/proxy/balancer.ts'

/** Address and port of the Service `kubernetes`. */
const API_ADDRESS = '10.96.0.1'
const API_PORT = 443

export function podNetwork(
  world: { readonly loop: EventLoop; readonly journal: Journal; readonly server: ApiServer },
  random: Random,
  mode: ProxyMode = 'iptables',
): ClusterNetwork {
  const { loop, journal, server } = world
  const network = new ClusterNetwork({ loop, journal, random, mode })
  const authenticate = (token: string) => server.tokens.verify(token, loop.now)
  network.serve(API_ADDRESS, apiFront({ api: server, port: API_PORT, authenticate }))
  return network
}
