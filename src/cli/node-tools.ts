/** `kubarium crictl`, `iptables-save`, `ipvsadm` and `nft`: the tools of a node of a cluster that `serve` runs. */
import { type Command, Option } from 'commander'
import { InputError } from '../cluster/input-error.ts'
import type { CommandModule } from './command-line.ts'
import { KUBECONFIG, sendControl } from './control-client.ts'

interface Options {
  readonly node?: string
  readonly kubeconfig: string
  readonly output?: 'json'
}

interface ToolHelp {
  readonly name: string
  readonly description: string
  /** Commands that can be typed as they are. */
  readonly examples: readonly string[]
  /** The tool prints JSON by itself when it is asked to. */
  readonly printsJson?: boolean
  readonly more?: string
}

function nodeTool({ name, description, examples, printsJson, more = '' }: ToolHelp): CommandModule {
  return {
    register(program: Command) {
      const command = program
        .command(name)
        .description(description)
        .argument('[arguments...]', 'as on the node itself')
        .requiredOption('--node <name>', 'the node to log in to')
        .option('--kubeconfig <file>', 'the kubeconfig that serve wrote', KUBECONFIG)
        .allowUnknownOption()
        .addHelpText('after', `${more}\nExamples:\n${examples.map((it) => `  kubarium ${it}`).join('\n')}`)
      if (!printsJson) {
        command.addOption(
          new Option('-o, --output <format>', 'what it printed and its exit code, as JSON').choices(['json']),
        )
      }
      command.action((args: string[], options: Options) => run([name, ...args], options))
    },
  }
}

async function run(command: readonly string[], options: Options): Promise<void> {
  const { node = '', kubeconfig, output } = options
  const { result } = await sendControl(kubeconfig, { action: 'tool', arguments: [node, ...command] })
  if (result === undefined) throw new InputError(`the server does not know ${command[0]}`)
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify({ node, command, ...result }, undefined, 2)}\n`)
  } else {
    process.stdout.write(result.stdout)
    process.stderr.write(result.stderr)
  }
  process.exitCode = result.exitCode
}

export const crictl = nodeTool({
  name: 'crictl',
  description: 'list and inspect what the container runtime of a node has',
  printsJson: true,
  more: `
Commands: ps, pods, images, inspect, inspectp, inspecti, logs, stats, info, version; lists take -q and -o json.
`,
  examples: [
    'crictl ps --node node-1',
    'crictl ps -a -o json --node node-1',
    'crictl logs --tail 5 3f2c --node node-1',
  ],
})

export const iptablesSave = nodeTool({
  name: 'iptables-save',
  description: "print a node's iptables rules, as kube-proxy wrote them (mode iptables)",
  examples: ['iptables-save --node node-1', 'iptables-save -t nat --node node-1'],
})

export const ipvsadm = nodeTool({
  name: 'ipvsadm',
  description: "print a node's virtual servers, as kube-proxy set them up (mode ipvs)",
  examples: ['ipvsadm -Ln --node node-1'],
})

export const nft = nodeTool({
  name: 'nft',
  description: "print a node's nftables rules, as kube-proxy wrote them (mode nftables)",
  examples: ['nft list ruleset --node node-1'],
})
