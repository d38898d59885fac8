/** `kubarium explain pod/NAME FILE`: why a pod is where it is, or Pending. */
import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { createCluster } from '../cluster/create-cluster.ts'
import { explanationText } from '../cluster/explain-text.ts'
import { dumpSnapshot } from '../cluster/import.ts'
import { InputError } from '../cluster/input-error.ts'
import { parseManifest } from '../cluster/manifest.ts'
import { parseSchedulerConfiguration } from '../cluster/scheduler-configuration.ts'
import { explainPod } from '../cluster/what-if.ts'

interface Options {
  readonly nodes: number
  readonly seed?: number
  readonly schedulerConfig?: string
  readonly output: 'text' | 'json'
}

export function register(program: Command): void {
  program
    .command('explain')
    .description('show which nodes a pod was offered, what each plugin said, and why it is where it is')
    .argument('<pod>', 'pod/NAME, or NAMESPACE/NAME')
    .argument('<file>', 'manifests to run in a new cluster; or, with Nodes in it, a dump of a real one')
    .option('--nodes <number>', 'nodes of the new cluster', parseCount, 3)
    .option('--seed <number>', 'seed of chance', parseCount)
    .option('--scheduler-config <file>', 'a KubeSchedulerConfiguration')
    .option('-o, --output <format>', 'text or json', parseFormat, 'text')
    .addHelpText(
      'after',
      `
Examples:
  kubarium explain pod/web deployment.yaml --nodes 5
  kubectl get nodes,pods,services,replicasets -A -o yaml > dump.yaml
  kubarium explain pod/web-7d4b9 dump.yaml`,
    )
    .action(async (pod: string, file: string, options: Options) => {
      process.stdout.write(`${await explain(pod, file, options)}\n`)
    })
}

async function explain(
  pod: string,
  file: string,
  { nodes, seed, schedulerConfig, output }: Options,
): Promise<string> {
  const text = read(file)
  const scheduler =
    schedulerConfig === undefined
      ? undefined
      : parseSchedulerConfiguration(read(schedulerConfig), schedulerConfig)
  const isDump = parseManifest(text, file).some(({ object }) => object.kind === 'Node')
  if (isDump) {
    const snapshot = dumpSnapshot(text, file)
    return print(explainPod(pod, snapshot, NO_JOURNAL, scheduler), output)
  }
  const cluster = await createCluster({ nodes, seed, scheduler })
  await cluster.apply(text, { file })
  await cluster.settle()
  return print(explainPod(pod, cluster.peek(), cluster.journal, scheduler), output)
}

function print(
  { explanation, isRecomputed }: ReturnType<typeof explainPod>,
  output: Options['output'],
): string {
  return output === 'json'
    ? JSON.stringify(explanation, undefined, 2)
    : explanationText(explanation, isRecomputed)
}

/** A dump has no history: everything is decided now. */
const NO_JOURNAL: Parameters<typeof explainPod>[2] = { entries: () => [] }

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new InputError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 0) throw new InvalidArgumentError('a whole number is needed')
  return count
}

function parseFormat(text: string): 'text' | 'json' {
  if (text !== 'text' && text !== 'json') throw new InvalidArgumentError('text or json')
  return text
}
