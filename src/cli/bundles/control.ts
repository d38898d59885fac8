/** Commands that talk to a cluster which is served. */
import { type CommandModules, runCommandLine } from '../command-line.ts'

const nodeTools = () => import('../node-tools.ts')

export const MODULES = {
  ctl: () => import('../ctl.ts'),
  crictl: () => nodeTools().then((it) => it.crictl),
  'iptables-save': () => nodeTools().then((it) => it.iptablesSave),
  ipvsadm: () => nodeTools().then((it) => it.ipvsadm),
  nft: () => nodeTools().then((it) => it.nft),
} satisfies CommandModules

export function main(args: readonly string[]): Promise<void> {
  return runCommandLine(args, MODULES)
}
