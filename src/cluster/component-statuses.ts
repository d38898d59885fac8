/** Serves componentstatuses: the API server asks scheduler, controller manager and etcd how they are. */
import { ComponentStatus } from '../api/core/component-status.ts'
import { notFound } from '../api/errors.ts'
import { deepFreeze } from '../api/freeze.ts'
import type { KindDefinition, KubeObject } from '../api/kind.ts'
import type { ApiServer } from '../apiserver/server.ts'

/** Where upstream looks for them. */
const PORTS: readonly [component: string, process: string, port: number][] = [
  ['controller-manager', 'kube-controller-manager', 10257],
  ['scheduler', 'kube-scheduler', 10259],
]

/** @param runs  whether a process of this name answers */
export function serveComponentStatuses(server: ApiServer, runs: (process: string) => boolean): void {
  const list = () => [
    status('etcd-0', undefined),
    ...PORTS.map(([component, process, port]) => status(component, runs(process) ? undefined : port)),
  ]
  server.registerComputed(ComponentStatus as KindDefinition, {
    get(_, name) {
      const found = list().find((it) => it.metadata?.name === name)
      if (found === undefined) throw notFound(ComponentStatus, name)
      return found
    },
    list: () => list().sort((a, b) => (a.metadata!.name! < b.metadata!.name! ? -1 : 1)),
  })
}

function status(name: string, deadPort: number | undefined): KubeObject {
  const address = `127.0.0.1:${deadPort}`
  const message = `Get "https://${address}/healthz": dial tcp ${address}: connect: connection refused`
  const condition =
    deadPort === undefined
      ? { type: 'Healthy', status: 'True', message: 'ok' }
      : { type: 'Healthy', status: 'False', message }
  return deepFreeze({
    apiVersion: 'v1',
    kind: 'ComponentStatus',
    metadata: { name },
    conditions: [condition],
  })
}
