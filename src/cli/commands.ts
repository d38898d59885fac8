/** All commands, one entry each, and which of the bundles in `bundles/` holds what they need. */

export interface CommandEntry {
  readonly name: string
  /** One line for --help. */
  readonly summary: string
  /** Commands that need the same code share a bundle. */
  readonly bundle: 'simulate' | 'serve' | 'control'
}

export const COMMANDS = [
  { name: 'run', summary: 'run scenarios or manifests and report what happened', bundle: 'simulate' },
  {
    name: 'serve',
    summary: 'serve a cluster to kubectl and other clients, on this machine',
    bundle: 'serve',
  },
  {
    name: 'explore',
    summary: 'search for what breaks controllers: faults, orders, crashes',
    bundle: 'simulate',
  },
  { name: 'explain', summary: 'show why a pod is where it is, or Pending', bundle: 'simulate' },
  {
    name: 'import',
    summary: 'rebuild a real cluster from its dump, and ask "what if?"',
    bundle: 'simulate',
  },
  { name: 'ctl', summary: 'pause, step, speed up or break a cluster that serve runs', bundle: 'control' },
  {
    name: 'crictl',
    summary: 'list containers, pods and images of a node of a cluster that serve runs',
    bundle: 'control',
  },
  {
    name: 'iptables-save',
    summary: "print a node's iptables rules, as kube-proxy wrote them",
    bundle: 'control',
  },
  {
    name: 'ipvsadm',
    summary: "print a node's virtual servers, as kube-proxy set them up",
    bundle: 'control',
  },
  { name: 'nft', summary: "print a node's nftables rules, as kube-proxy wrote them", bundle: 'control' },
] as const satisfies readonly CommandEntry[]

export type CommandName = (typeof COMMANDS)[number]['name']
