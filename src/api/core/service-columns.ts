/** How `kubectl get services` prints a service. Upstream: pkg/printers/internalversion/printers.go, printService. */
import { ageColumn, labelsText, NONE, nameColumn, text, wide } from '../columns.ts'
import type { Column } from '../kind.ts'
import type { Service } from './service.ts'

export const serviceColumns: readonly Column<Service>[] = [
  nameColumn,
  text('Type', 'How it is exposed.', ({ spec }) => spec.type ?? ''),
  text(
    'Cluster-IP',
    'Its address within the cluster.',
    ({ spec }) => spec.clusterIPs?.[0] || spec.clusterIP || NONE,
  ),
  text('External-IP', 'Its addresses for the world.', externalIp),
  text('Port(s)', 'Its ports, with node ports after a colon.', ports),
  ageColumn,
  wide(text('Selector', 'Labels of the pods behind it.', ({ spec }) => labelsText(spec.selector))),
]

function externalIp({ spec, status }: Service): string {
  const external = spec.externalIPs ?? []
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.length > 0 ? external.join(',') : NONE
    case 'LoadBalancer': {
      const balancers = (status?.loadBalancer?.ingress ?? [])
        .map((it) => it.ip || it.hostname || '')
        .filter((it) => it)
      const all = [...new Set(balancers), ...external]
      return all.length > 0 ? all.join(',') : '<pending>'
    }
    case 'ExternalName':
      return spec.externalName ?? ''
    default:
      return '<unknown>'
  }
}

function ports({ spec }: Service): string {
  const list = spec.ports ?? []
  if (list.length === 0) return NONE
  return list
    .map(({ port, nodePort, protocol }) =>
      nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
    )
    .join(',')
}
