/** Takes a kubectl command line apart: words, flags, and what only a shell could do, which is refused. */
import { nearestWord } from '../../kernel/nearest-word.ts'
import { StepFailure } from '../step.ts'

export interface CommandLine {
  /** Words that are no flags: `get`, `pods`, `web-1`. */
  readonly words: readonly string[]
  /** By long name; `true` for a flag without a value. */
  readonly flags: ReadonlyMap<string, string | true>
  /** What follows `--`. */
  readonly rest: readonly string[]
}

/** Flags that take a value, and those that take none; short names map to long ones. */
const VALUED: ReadonlySet<string> = new Set([
  'from',
  'namespace',
  'selector',
  'output',
  'for',
  'timeout',
  'replicas',
  'to-revision',
  'grace-period',
  'type',
  'patch',
  'cascade',
  'container',
  'tail',
])
const BARE: ReadonlySet<string> = new Set([
  'all-namespaces',
  'wait',
  'force',
  'now',
  'previous',
  'ignore-not-found',
  'overwrite',
  'all',
  'ignore-daemonsets',
  'delete-emptydir-data',
])
const SHORT: ReadonlyMap<string, string> = new Map([
  ['n', 'namespace'],
  ['l', 'selector'],
  ['o', 'output'],
  ['p', 'patch'],
  ['c', 'container'],
  ['A', 'all-namespaces'],
])

/** Throws {@link StepFailure} for what is no kubectl command, or needs a shell. */
export function parseCommandLine(line: string): CommandLine {
  const all = splitWords(line)
  const program = all.shift()
  if (program !== 'kubectl') {
    throw new StepFailure(`"${program}" cannot run here: a script holds kubectl commands, one a line`, [
      'no host commands run in the simulation; use the other steps, or a scenario in TypeScript',
    ])
  }
  const end = all.indexOf('--')
  const rest = end < 0 ? [] : all.splice(end).slice(1)
  const words: string[] = []
  const flags = new Map<string, string | true>()
  for (let i = 0; i < all.length; i++) {
    const word = all[i]!
    if (!word.startsWith('-') || word === '-') {
      words.push(word)
      continue
    }
    const [given, inline] = splitFlag(word)
    const name = SHORT.get(given) ?? given
    if (VALUED.has(name)) {
      const value = inline ?? all[++i]
      if (value === undefined) throw new StepFailure(`flag needs an argument: --${name}`)
      flags.set(name, value)
    } else if (BARE.has(name)) flags.set(name, inline ?? true)
    else {
      const near = nearestWord(name, [...VALUED, ...BARE])
      throw new StepFailure(`unknown flag: ${word}${near === undefined ? '' : `: did you mean --${near}?`}`)
    }
  }
  return { words, flags, rest }
}

/** `--for=x`, `-n x`, `-nx` and `-n=x`. */
function splitFlag(word: string): [name: string, value: string | undefined] {
  const bare = word.replace(/^--?/, '')
  const equals = bare.indexOf('=')
  if (equals > 0) return [bare.slice(0, equals), bare.slice(equals + 1)]
  if (!word.startsWith('--') && bare.length > 1) return [bare[0]!, bare.slice(1)]
  return [bare, undefined]
}

/** Words as a shell splits them; quotes group, and everything else that a shell would act on is refused. */
function splitWords(line: string): string[] {
  const words: string[] = []
  let word: string | undefined
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!
    if (c === "'" || c === '"') {
      const end = line.indexOf(c, i + 1)
      if (end < 0) throw new StepFailure(`the quote ${c} is not closed`)
      word = (word ?? '') + line.slice(i + 1, end)
      i = end
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (/[|&;<>$`]/.test(c)) {
      throw new StepFailure(`"${c}" needs a shell, and none runs in the simulation`, [
        'write one kubectl command a line; compare results with assert, or write the scenario in TypeScript',
      ])
    } else word = (word ?? '') + c
  }
  if (word !== undefined) words.push(word)
  return words
}
