/** The tools of a node: what its runtime runs as crictl shows it, its rules as iptables-save, ipvsadm and nft do. */
import type { Machine } from '../kubelet/machine.ts'
import type { ClusterNetwork } from '../network/cluster-network.ts'
import { proxyRules } from '../network/kube-proxy.ts'
import type { CommandResult } from './cluster.ts'
import { crictl } from './crictl.ts'

export const NODE_TOOLS = ['crictl', 'iptables-save', 'ipvsadm', 'nft'] as const

/** Runs it to its end, as a login on the node would: 127 when there is no such tool. */
export function runNodeTool(
  machine: Machine,
  network: ClusterNetwork,
  command: readonly string[],
): CommandResult {
  const [tool = '', ...args] = command
  if (!machine.on) return failed(255, `ssh: connect to host ${machine.nodeName} port 22: No route to host`)
  const { mode } = network.balancer(machine.nodeName)
  const rules = (...modes: readonly string[]) =>
    modes.includes(mode) ? proxyRules(network, machine.nodeName) : ''
  switch (tool) {
    case 'crictl':
      return crictl(machine, args)
    case 'iptables-save':
      return iptablesSave(rules('iptables', 'userspace'), args)
    case 'ipvsadm':
      return ipvsadm(rules('ipvs'), args)
    case 'nft':
      return nft(rules('nftables'), args)
    default:
      return failed(127, `sh: ${tool}: not found`)
  }
}

/** `iptables-save [-t TABLE]`. */
function iptablesSave(rules: string, args: readonly string[]): CommandResult {
  const at = args.findIndex((it) => it === '-t' || it === '--table')
  const unknown = args.find((it, index) => index !== at && index !== at + 1 && it !== '-c')
  if (unknown !== undefined && at < 0)
    return failed(1, `Unknown arguments found on commandline: '${unknown}'`)
  if (at < 0) return printed(rules)
  const name = args[at + 1] ?? ''
  if (!['nat', 'filter', 'mangle', 'raw'].includes(name)) {
    return failed(1, `iptables-save: table '${name}' does not exist`)
  }
  const blocks = rules.split(/(?<=^COMMIT\n)/m)
  return printed(blocks.filter((it) => it.startsWith(`*${name}\n`)).join(''))
}

/** `ipvsadm -L [-n]`; names of hosts are not looked up either way. */
function ipvsadm(rules: string, args: readonly string[]): CommandResult {
  const letters = args.map((it) => it.replace(/^-+/, '')).join('')
  if (args.length > 0 && !/^(?:[lLnc]|list|numeric)+$/.test(letters)) {
    return failed(2, `ipvsadm: unknown option ${args.join(' ')}`)
  }
  return printed(rules === '' ? EMPTY_IPVS : rules)
}

const EMPTY_IPVS = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
`

/** `nft list ruleset`, or `list table ip kube-proxy`. */
function nft(rules: string, args: readonly string[]): CommandResult {
  const asked = args.join(' ')
  if (asked === 'list ruleset') return printed(rules)
  if (asked === 'list tables') return printed(rules === '' ? '' : 'table ip kube-proxy\n')
  if (asked === 'list table ip kube-proxy') {
    return rules === '' ? failed(1, `Error: No such file or directory\n${asked}`) : printed(rules)
  }
  return failed(1, `Error: syntax error, unexpected ${args[0] ?? 'end of file'}\n${asked}`)
}

function printed(stdout: string): CommandResult {
  return { exitCode: 0, stdout, stderr: '' }
}

function failed(exitCode: number, text: string): CommandResult {
  return { exitCode, stdout: '', stderr: `${text}\n` }
}
