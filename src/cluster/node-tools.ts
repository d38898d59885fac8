/** What the tools of a node print: its containers as crictl lists them, its rules as iptables-save, ipvsadm and nft do. */
import { humanDuration } from '../api/time.ts'
import type { Machine } from '../kubelet/machine.ts'
import type { ClusterNetwork } from '../network/cluster-network.ts'
import { proxyRules } from '../network/kube-proxy.ts'

export const NODE_TOOLS = ['crictl', 'iptables-save', 'ipvsadm', 'nft'] as const

/** Undefined: there is no such tool or verb. */
export function runNodeTool(
  machine: Machine,
  network: ClusterNetwork,
  command: readonly string[],
): string | undefined {
  const [tool, verb] = command
  const { mode } = network.balancer(machine.nodeName)
  switch (tool) {
    case 'crictl':
      return crictl(machine, verb)
    case 'iptables-save':
      return mode === 'iptables' || mode === 'userspace' ? proxyRules(network, machine.nodeName) : ''
    case 'ipvsadm':
      return mode === 'ipvs' ? proxyRules(network, machine.nodeName) : ''
    case 'nft':
      return mode === 'nftables' ? proxyRules(network, machine.nodeName) : ''
    default:
      return undefined
  }
}

function crictl(machine: Machine, verb: string | undefined): string | undefined {
  const { runtime, loop } = machine
  const ago = (ms: number) => `${humanDuration(loop.now - ms)} ago`
  switch (verb) {
    case 'ps':
      return table(
        ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD'],
        [...runtime.listContainers()].map((it) => [
          it.id.slice(0, 13),
          it.config.image,
          ago(it.createdAt),
          it.state === 'CONTAINER_RUNNING'
            ? 'Running'
            : it.state === 'CONTAINER_EXITED'
              ? 'Exited'
              : 'Created',
          it.config.name,
          String(it.config.attempt),
          it.sandboxId.slice(0, 13),
          it.sandbox.config.name,
        ]),
      )
    case 'pods':
      return table(
        ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'],
        [...runtime.listPodSandbox()].map((it) => [
          it.id.slice(0, 13),
          ago(it.createdAt),
          it.state === 'SANDBOX_READY' ? 'Ready' : 'NotReady',
          it.config.name,
          it.config.namespace,
          String(it.config.attempt),
          '(default)',
        ]),
      )
    case 'images':
      return table(
        ['IMAGE', 'TAG', 'IMAGE ID', 'SIZE'],
        [...machine.images.listImages()].map((it) => {
          const name = it.repoTags[0] ?? '<none>:<none>'
          const at = name.lastIndexOf(':')
          return [
            name.slice(0, at),
            name.slice(at + 1),
            it.id.slice(7, 20),
            `${(it.sizeBytes / 1e6).toFixed(1)}MB`,
          ]
        }),
      )
    default:
      return undefined
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const sorted = [...rows].sort((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1))
  const lines = [head, ...sorted]
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === line.length - 1 ? cell : cell.padEnd(widths[column]! + 3)))
        .join('')
        .trimEnd(),
    )
    .join('\n')
}
