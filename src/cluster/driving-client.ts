/** A client for callers outside the simulation: every call drives the event loop until it is answered. */
import type { Client } from '../client/client.ts'
import type { EventLoop } from '../kernel/event-loop.ts'

type Method = (...args: readonly unknown[]) => Promise<unknown>

const METHODS: readonly (keyof Client)[] = [
  'get',
  'find',
  'list',
  'create',
  'replace',
  'update',
  'updateStatus',
  'patch',
  'apply',
  'delete',
  'deleteCollection',
  'subresource',
]

/** Wraps each method of `client`; the wrapped ones behave alike, but virtual time moves while they wait. */
export function drivingClient(client: Client, loop: EventLoop): Client {
  const driven = METHODS.map((name) => {
    const method = (client[name] as unknown as Method).bind(client)
    return [name, (...args: readonly unknown[]) => loop.outside(() => method(...args))] as const
  })
  return Object.freeze(Object.fromEntries(driven)) as unknown as Client
}
