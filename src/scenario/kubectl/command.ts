/** kubectl commands against the simulated cluster; each does exactly what the step of the same name does. */
import { formatDuration, parseDuration } from '../../kernel/duration.ts'
import { nearestWord } from '../../kernel/nearest-word.ts'
import { type StepContext, type StepDefinition, StepFailure } from '../step.ts'
import { cron } from '../steps/cron.ts'
import { remove } from '../steps/delete.ts'
import { describe } from '../steps/describe.ts'
import { drain } from '../steps/drain.ts'
import { events } from '../steps/events.ts'
import { get } from '../steps/get.ts'
import { podLogs } from '../steps/pod-logs.ts'
import { rollout } from '../steps/rollout.ts'
import { scale } from '../steps/scale.ts'
import { wait } from '../steps/wait.ts'
import { type CommandLine, parseCommandLine } from './command-line.ts'
import { kindByWord, resolveTarget } from './objects.ts'
import { patchObject } from './patch.ts'

type Command = (line: CommandLine, context: StepContext) => Promise<string | undefined>

/** Runs one line; resolves to what kubectl would print last. Throws {@link StepFailure}. */
export function runCommand(text: string, context: StepContext): Promise<string | undefined> {
  const tool = /^(?:crictl|iptables-save|ipvsadm|nft)\b/.test(text)
  if (tool) return runNodeTool(text, context)
  const line = parseCommandLine(text)
  const verb = line.words[0] ?? ''
  const command = COMMANDS.get(verb)
  if (command === undefined) {
    const near = nearestWord(verb, COMMANDS.keys())
    throw new StepFailure(`unknown command "${verb}"${near === undefined ? '' : `: did you mean ${near}?`}`, [
      `available: ${[...COMMANDS.keys()].join(', ')}`,
    ])
  }
  const namespace = flag(line, 'namespace') ?? context.namespace
  return command({ ...line, words: line.words.slice(1) }, { ...context, namespace })
}

/** `crictl ps --node node-1`: a tool on a node, which stands for a login there. */
async function runNodeTool(text: string, { cluster }: StepContext): Promise<string> {
  const words = text.split(/\s+/)
  const at = words.indexOf('--node')
  const node = at < 0 ? undefined : words[at + 1]
  if (node === undefined) throw new StepFailure(`${words[0]} needs --node NAME`)
  words.splice(at, 2)
  const { exitCode, stdout, stderr } = cluster.node(node).tool(words)
  if (exitCode !== 0) throw new StepFailure(`${words.join(' ')}: ${stderr.trimEnd()}`)
  return stdout.trimEnd()
}

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['get', (line, context) => step(get, { ...targetOf(line, context), format: formatOf(line) }, context)],
  ['describe', (line, context) => step(describe, targetOf(line, context), context)],
  ['events', (_line, context) => step(events, { namespace: context.namespace }, context)],
  ['wait', waitCommand],
  ['rollout', rolloutCommand],
  [
    'scale',
    (line, context) =>
      step(scale, { ref: refOf(line), replicas: Number(needFlag(line, 'replicas')) }, context),
  ],
  ['drain', drainCommand],
  ['create', createCommand],
  ['delete', deleteCommand],
  ['patch', patchCommand],
  ['label', (line, context) => setMetadata('labels', 'labeled', line, context)],
  ['annotate', (line, context) => setMetadata('annotations', 'annotated', line, context)],
  ['logs', logsCommand],
  ['exec', execCommand],
  ['cordon', (line, context) => setUnschedulable(true, line, context)],
  ['uncordon', (line, context) => setUnschedulable(null, line, context)],
])

/** Checks the input as that of a scenario's step, then runs it. */
async function step<T>(
  definition: StepDefinition<T>,
  input: unknown,
  context: StepContext,
): Promise<string | undefined> {
  const parsed = definition.schema.safeParse(withoutUndefined(input))
  if (!parsed.success) throw new StepFailure(parsed.error.issues.map((it) => it.message).join('; '))
  return definition.run(parsed.data, context)
}

function withoutUndefined(input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
}

function waitCommand(line: CommandLine, context: StepContext): Promise<string | undefined> {
  const wanted = needFlag(line, 'for')
  const timeout = flag(line, 'timeout')
  return step(
    wait,
    {
      ...targetOf(line, context),
      for: goalOf(wanted),
      timeout: timeout === undefined ? undefined : formatDuration(durationOf(timeout)),
    },
    context,
  )
}

function durationOf(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new StepFailure(`invalid argument "${text}" for a duration`)
  return ms
}

/** `condition=Ready`, `condition=Ready=false`, `delete`, `create`, `jsonpath={.status.phase}=Running`. */
function goalOf(text: string): object {
  if (text === 'delete') return { deletion: {} }
  if (text === 'create') return { create: {} }
  const [type, ...rest] = text.split('=')
  if (type === 'condition' && rest[0] !== undefined)
    return { condition: { name: rest[0], value: rest[1] ?? 'true' } }
  if (type === 'jsonpath' && rest.length > 1) {
    return { jsonPath: { path: rest.slice(0, -1).join('='), value: rest.at(-1) } }
  }
  throw new StepFailure(`unrecognized condition: "${text}"`)
}

function rolloutCommand(line: CommandLine, context: StepContext): Promise<string | undefined> {
  const [verb = '', ...words] = line.words
  const toRevision = flag(line, 'to-revision')
  return step(
    rollout,
    {
      [verb]: refOf({ ...line, words }),
      toRevision: toRevision === undefined ? undefined : Number(toRevision),
      timeout: flag(line, 'timeout'),
    },
    context,
  )
}

function drainCommand(line: CommandLine, context: StepContext): Promise<string | undefined> {
  const is = (name: string) => (line.flags.has(name) && line.flags.get(name) !== 'false' ? true : undefined)
  const grace = flag(line, 'grace-period')
  return step(
    drain,
    {
      node: needName(line.words[0]?.replace(/^nodes?\//, '')),
      ignoreDaemonSets: is('ignore-daemonsets'),
      force: is('force'),
      deleteEmptyDirData: is('delete-emptydir-data'),
      gracePeriodSeconds: grace === undefined || Number(grace) < 0 ? undefined : Number(grace),
      timeout: flag(line, 'timeout'),
    },
    context,
  )
}

/** Only what no manifest does: `create job NAME --from=cronjob/X`. */
function createCommand(line: CommandLine, context: StepContext): Promise<string | undefined> {
  const [what, name] = line.words
  if (what !== 'job') throw new StepFailure('only create job NAME --from=cronjob/X is known; else use apply')
  return step(cron, { trigger: needFlag(line, 'from'), as: needName(name) }, context)
}

function deleteCommand(line: CommandLine, context: StepContext): Promise<string | undefined> {
  const grace = line.flags.has('now') ? '1' : flag(line, 'grace-period')
  return step(
    remove,
    {
      ref: targetOf(line, context),
      gracePeriodSeconds: grace === undefined ? (line.flags.has('force') ? 0 : undefined) : Number(grace),
      ignoreNotFound: line.flags.has('ignore-not-found') ? true : undefined,
      wait: line.flags.get('wait') === 'false' ? false : undefined,
    },
    context,
  )
}

function logsCommand(line: CommandLine, context: StepContext): Promise<string | undefined> {
  const tail = flag(line, 'tail')
  const selector = flag(line, 'selector')
  return step(
    podLogs,
    {
      name: selector === undefined ? needName(line.words[0]?.replace(/^pods?\//, '')) : undefined,
      selector,
      container: flag(line, 'container'),
      tail: tail === undefined ? undefined : Number(tail),
      previous: line.flags.has('previous') ? true : undefined,
    },
    context,
  )
}

async function execCommand(line: CommandLine, context: StepContext): Promise<string | undefined> {
  const pod = needName(line.words[0]?.replace(/^pods?\//, ''))
  if (line.rest.length === 0)
    throw new StepFailure('you must specify at least one command for the container, after --')
  const container = flag(line, 'container')
  const { exitCode, stdout, stderr } = await context.cluster.exec(
    { namespace: context.namespace, pod, ...(container === undefined ? {} : { container }) },
    line.rest,
  )
  const text = `${stdout}${stderr}`.trimEnd()
  if (exitCode !== 0) throw new StepFailure(`command terminated with exit code ${exitCode}`, text.split('\n'))
  return text
}

function patchCommand(line: CommandLine, context: StepContext): Promise<string | undefined> {
  const target = resolveTarget(context.cluster, refOf(line), context.namespace)
  const type = flag(line, 'type') ?? 'strategic'
  if (type !== 'strategic' && type !== 'merge' && type !== 'json') {
    throw new StepFailure('--type must be one of [json merge strategic]')
  }
  const ref = { namespace: target.namespace, name: needName(target.name) }
  return patchObject(context.cluster, target.kind, ref, parseJson(needFlag(line, 'patch')), { type })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new StepFailure(`the patch is no JSON: ${text}`)
  }
}

/** `key=value` sets, `key-` removes. */
async function setMetadata(
  field: 'labels' | 'annotations',
  done: string,
  line: CommandLine,
  context: StepContext,
): Promise<string> {
  const changes = line.words.filter((word) => word.includes('=') || word.endsWith('-'))
  const words = line.words.filter((word) => !changes.includes(word))
  if (changes.length === 0) throw new StepFailure(`at least one change is needed: key=value or key-`)
  const target = resolveTarget(context.cluster, refOf({ ...line, words }), context.namespace)
  const values = new Map<string, string | null>(
    changes.map((change) => {
      const equals = change.indexOf('=')
      return equals < 0 ? [change.slice(0, -1), null] : [change.slice(0, equals), change.slice(equals + 1)]
    }),
  )
  const name = needName(target.name)
  const patch = { metadata: { [field]: Object.fromEntries(values) } }
  await patchObject(context.cluster, target.kind, { namespace: target.namespace, name }, patch, {
    type: 'merge',
  })
  return `${target.kind.singular}/${name} ${done}`
}

async function setUnschedulable(
  value: true | null,
  line: CommandLine,
  context: StepContext,
): Promise<string> {
  const name = needName(line.words[0])
  const kind = kindByWord(context.cluster, 'node')
  await patchObject(context.cluster, kind, { name }, { spec: { unschedulable: value } }, { type: 'merge' })
  return `node/${name} ${value ? 'cordoned' : 'uncordoned'}`
}

/** The object that the words name, as fields of a step: `pods`, `pod web`, `pod/web`. */
function targetOf({ words, flags }: CommandLine, { namespace }: StepContext): object {
  const [first, second] = words
  if (first === undefined)
    throw new StepFailure('you must specify the type of resource: pods, deployment/web')
  const slash = first.indexOf('/')
  const [kind, name] = slash < 0 ? [first, second] : [first.slice(0, slash), first.slice(slash + 1)]
  const selector = flags.get('selector')
  return withoutUndefined({
    kind,
    name,
    namespace,
    selector: typeof selector === 'string' ? selector : undefined,
  }) as object
}

/** `deployment/web` of `deployment web` and of itself. */
function refOf({ words }: CommandLine): string {
  const [first, second] = words
  if (first === undefined) throw new StepFailure('an object is needed: deployment/web')
  return second === undefined ? first : `${first}/${second}`
}

function formatOf(line: CommandLine): string | undefined {
  return flag(line, 'output')
}

function flag(line: CommandLine, name: string): string | undefined {
  const value = line.flags.get(name)
  return typeof value === 'string' ? value : undefined
}

function needFlag(line: CommandLine, name: string): string {
  const value = flag(line, name)
  if (value === undefined) throw new StepFailure(`required flag --${name} is not set`)
  return value
}

function needName(name: string | undefined): string {
  if (name === undefined) throw new StepFailure('the name of one object is needed')
  return name
}
