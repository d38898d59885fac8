/** How `kubectl get nodes` prints a node. Upstream: pkg/printers/internalversion/printers.go, printNode. */
import { ageColumn, NONE, nameColumn, orNone, text, UNKNOWN, wide } from '../columns.ts'
import type { Column } from '../kind.ts'
import type { Node } from './node.ts'

const ROLE_PREFIX = 'node-role.kubernetes.io/'

export const nodeColumns: readonly Column<Node>[] = [
  nameColumn,
  text('Status', 'Whether it is ready, and whether pods may be scheduled to it.', nodeStatus),
  text('Roles', 'Its roles, from its labels.', roles),
  ageColumn,
  text('Version', 'The version of its kubelet.', ({ status }) => status?.nodeInfo?.kubeletVersion ?? ''),
  wide(text('Internal-IP', 'Its address within the cluster.', (node) => address(node, 'InternalIP'))),
  wide(text('External-IP', 'Its address for the world.', (node) => address(node, 'ExternalIP'))),
  wide(text('OS-Image', 'Its operating system.', ({ status }) => status?.nodeInfo?.osImage || UNKNOWN)),
  wide(
    text('Kernel-Version', 'The kernel it runs.', ({ status }) => status?.nodeInfo?.kernelVersion || UNKNOWN),
  ),
  wide(
    text('Container-Runtime', 'The container runtime and its version.', ({ status }) => {
      return status?.nodeInfo?.containerRuntimeVersion || UNKNOWN
    }),
  ),
]

export function nodeStatus({ spec, status }: Node): string {
  const ready = status?.conditions?.find((it) => it.type === 'Ready')
  const text = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return spec.unschedulable ? `${text},SchedulingDisabled` : text
}

function roles({ metadata }: Node): string {
  const names = Object.entries(metadata?.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX))
      return key.length > ROLE_PREFIX.length ? [key.slice(ROLE_PREFIX.length)] : []
    return key === 'kubernetes.io/role' && value !== '' ? [value] : []
  })
  return orNone([...new Set(names)].sort().join(','))
}

function address({ status }: Node, type: string): string {
  return status?.addresses?.find((it) => it.type === type)?.address ?? NONE
}
