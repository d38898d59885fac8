/** `kubarium import DUMP`: rebuilds a real cluster from kubectl's output and answers what-if questions about it. */
import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { createCluster } from '../cluster/create-cluster.ts'
import { importedNodes, importObjects } from '../cluster/import.ts'
import { InputError } from '../cluster/input-error.ts'
import type { WhatIfChange } from '../cluster/what-if.ts'
import { whatIfText } from '../cluster/what-if-text.ts'

interface Options {
  readonly drain?: readonly string[]
  readonly addNodes?: number
  readonly fill?: string
  readonly output: 'text' | 'json'
}

export function register(program: Command): void {
  program
    .command('import')
    .description('rebuild a cluster from `kubectl get nodes,pods,... -o yaml` and ask "what if?"')
    .argument('<file>', 'what kubectl printed, as YAML or JSON')
    .option('--drain <node...>', 'where would the pods of these nodes go?')
    .option('--add-nodes <number>', 'with so many nodes more', parseCount)
    .option('--fill <pod>', 'how many more pods like this one (pod/NAME) fit?')
    .option('-o, --output <format>', 'text or json', parseFormat, 'text')
    .addHelpText(
      'after',
      `
Examples:
  kubectl get nodes,namespaces,deployments,replicasets,statefulsets,daemonsets,services,pods -A -o yaml > dump.yaml
  kubarium import dump.yaml --drain node-3
  kubarium import dump.yaml --add-nodes 2 --fill pod/web-7d4b9`,
    )
    .action(async (file: string, options: Options) => {
      process.stdout.write(`${await rebuild(file, options)}\n`)
    })
}

async function rebuild(file: string, { drain, addNodes, fill, output }: Options): Promise<string> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new InputError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const nodes = importedNodes(text, file)
  if (nodes.length === 0) throw new InputError(`${file} holds no nodes: dump them too`)
  const cluster = await createCluster({ nodes })
  const { created, skipped } = await importObjects(cluster, text, file)
  await cluster.settle()
  const change: WhatIfChange = { drain, addNodes, fill }
  const report = cluster.whatIf(change)
  if (output === 'json')
    return JSON.stringify({ nodes: nodes.length, created, skipped, ...report }, undefined, 2)
  const notes = skipped.map(({ object, reason }) => `  left out ${object}: ${reason}`)
  return [`${nodes.length} nodes and ${created} objects rebuilt`, ...notes, '', whatIfText(report)].join('\n')
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
