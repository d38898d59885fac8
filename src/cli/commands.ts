/** All commands, one entry each. A command's module is loaded when it runs, not before. */
import type { Command } from 'commander'

export interface CommandModule {
  /** Adds the command, with its options and its action, to the program. */
  register(program: Command): void
}

export interface CommandEntry {
  readonly name: string
  /** One line for --help. */
  readonly summary: string
  load(): Promise<CommandModule>
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'run scenarios or manifests and report what happened',
    load: () => import('./run.ts'),
  },
  {
    name: 'serve',
    summary: 'serve a cluster to kubectl and other clients, on this machine',
    load: () => import('./serve.ts'),
  },
  {
    name: 'explore',
    summary: 'search for what breaks controllers: faults, orders, crashes',
    load: () => import('./explore.ts'),
  },
  {
    name: 'explain',
    summary: 'show why a pod is where it is, or Pending',
    load: () => import('./explain.ts'),
  },
  {
    name: 'import',
    summary: 'rebuild a real cluster from its dump, and ask "what if?"',
    load: () => import('./import.ts'),
  },
  {
    name: 'ctl',
    summary: 'pause, step, speed up or break a cluster that serve runs',
    load: () => import('./ctl.ts'),
  },
  {
    name: 'crictl',
    summary: 'list containers, pods and images of a node of a cluster that serve runs',
    load: () => import('./node-tools.ts').then((it) => it.crictl),
  },
  {
    name: 'iptables-save',
    summary: "print a node's iptables rules, as kube-proxy wrote them",
    load: () => import('./node-tools.ts').then((it) => it.iptablesSave),
  },
  {
    name: 'ipvsadm',
    summary: "print a node's virtual servers, as kube-proxy set them up",
    load: () => import('./node-tools.ts').then((it) => it.ipvsadm),
  },
  {
    name: 'nft',
    summary: "print a node's nftables rules, as kube-proxy wrote them",
    load: () => import('./node-tools.ts').then((it) => it.nft),
  },
]
