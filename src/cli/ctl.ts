/** `kubarium ctl`: pause, step, speed up and break a cluster that `kubarium serve` runs. */
import type { Command } from 'commander'
import { KUBECONFIG, sendControl } from './control-client.ts'

export function register(program: Command): void {
  program
    .command('ctl')
    .description('control a running `kubarium serve`')
    .argument('<action>', 'pause, resume, step, speed, advance or fault')
    .argument('[arguments...]', 'step 10; speed 60; advance 6m; fault node-1 crash')
    .option('--kubeconfig <file>', 'the kubeconfig that serve wrote', KUBECONFIG)
    .addHelpText(
      'after',
      `
Faults of a node: crash, shutdown, recover, crash-kubelet, restart-kubelet, partition, heal.

Examples:
  kubarium ctl pause
  kubarium ctl advance 10m
  kubarium ctl fault node-2 crash`,
    )
    .action(async (action: string, args: string[], options: { readonly kubeconfig: string }) => {
      const { message } = await sendControl(options.kubeconfig, { action, arguments: args })
      process.stdout.write(`${message}\n`)
    })
}
