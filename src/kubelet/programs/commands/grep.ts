/** `grep` and its kin. */
import type { ProcessContext, Program } from '../program.ts'
import { FileError, resolvePath } from '../vfs.ts'
import { command, inputs, linesOf, options, UsageError } from './command.ts'

const CLASSES: Readonly<Record<string, string>> = {
  alpha: 'a-zA-Z',
  digit: '0-9',
  alnum: 'a-zA-Z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: '0-9a-fA-F',
}

/** `[[:digit:]]` as JavaScript writes it. */
function classes(pattern: string): string {
  return pattern.replace(/\[:(\w+):\]/g, (whole, name: string) => CLASSES[name] ?? whole)
}

/** Basic regular expressions: `+ ? | ( ) {` are ordinary unless escaped, and `*` at the front is. */
export function basic(pattern: string): string {
  return classes(pattern)
    .replace(/\\?[+?|(){}]/g, (it) => (it.startsWith('\\') ? it.slice(1) : `\\${it}`))
    .replace(/^(\^?)\*/, '$1\\*')
}

function grep(name: 'grep' | 'egrep' | 'fgrep'): Program {
  return command(
    name,
    async (context, args) => {
      const { flags, values, given, rest } = options(args, 'HhnlLoqvsrRiwFEzxce:f:m:A:B:C:', {
        'ignore-case': 'i',
        'invert-match': 'v',
        count: 'c',
        quiet: 'q',
        'line-number': 'n',
        'only-matching': 'o',
        recursive: 'r',
        'extended-regexp': 'E',
        'fixed-strings': 'F',
        'color=': 'q',
      })
      const patterns = given.flatMap(([letter, value]) =>
        letter === 'e'
          ? [value]
          : letter === 'f'
            ? linesOf(context.fs.readText(resolvePath(context.cwd, value)))
            : [],
      )
      if (patterns.length === 0) {
        const pattern = rest.shift()
        if (pattern === undefined) throw new UsageError()
        patterns.push(...pattern.split('\n'))
      }
      const literal = flags.has('F') || name === 'fgrep'
      const extended = flags.has('E') || name === 'egrep'
      const sources = patterns.map((it) =>
        literal ? it.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : extended ? classes(it) : basic(it),
      )
      const source = sources.map((it) => (sources.length > 1 ? `(?:${it})` : it)).join('|')
      const whole = flags.has('x') ? `^(?:${source})$` : flags.has('w') ? `\\b(?:${source})\\b` : source
      let expression: RegExp
      try {
        expression = new RegExp(whole, flags.has('i') ? 'gi' : 'g')
      } catch {
        context.stderr.write(`${name}: bad regex '${patterns[0]}': Invalid regexp\n`)
        return 2
      }
      const recursive = flags.has('r') || flags.has('R')
      const files = recursive ? rest.flatMap((it) => below(context, it)) : rest
      const { texts, failed } = await inputs(context, name, files, flags.has('s'))
      const named = !flags.has('h') && (flags.has('H') || rest.length > 1 || recursive)
      const most = Number(values.get('m') ?? Number.POSITIVE_INFINITY)
      const before = Number(values.get('B') ?? values.get('C') ?? 0)
      const after = Number(values.get('A') ?? values.get('C') ?? 0)
      let found = 0
      for (const { file, text } of texts) {
        const lines = linesOf(text)
        const hits = lines
          .flatMap((line, index) => (line.search(expression) >= 0 !== flags.has('v') ? [index] : []))
          .slice(0, most)
        found += hits.length
        if (flags.has('q')) continue
        const shown = file === '-' ? '(standard input)' : file
        const line = (index: number, mark: string, body = lines[index]!) =>
          context.stdout.write(
            `${named ? `${shown}${mark}` : ''}${flags.has('n') ? `${index + 1}${mark}` : ''}${body}\n`,
          )
        if (flags.has('c')) context.stdout.write(`${named ? `${shown}:` : ''}${hits.length}\n`)
        else if (flags.has('l')) hits.length > 0 && context.stdout.write(`${shown}\n`)
        else if (flags.has('L')) hits.length === 0 && context.stdout.write(`${shown}\n`)
        else if (flags.has('o')) {
          for (const index of hits)
            for (const [it] of lines[index]!.matchAll(expression)) if (it !== '') line(index, ':', it)
        } else {
          let printed = -1
          for (const hit of hits) {
            const first = Math.max(hit - before, printed + 1)
            if (printed >= 0 && first > printed + 1 && before + after > 0) context.stdout.write('--\n')
            for (let i = first; i < hit; i++) line(i, '-')
            if (hit > printed) line(hit, ':')
            printed = hit
            for (let i = hit + 1; i <= hit + after && i < lines.length && !hits.includes(i); i++) {
              line(i, '-')
              printed = i
            }
          }
        }
      }
      if (flags.has('q') && found > 0) return 0
      return failed ? 2 : found > 0 ? 0 : 1
    },
    `${name} [-HhnlLoqvsrRiwFE] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...\n\nSearch for PATTERN in FILEs (or stdin)`,
    2,
  )
}

/** The files of a directory and of those in it. */
function below(context: ProcessContext, shown: string): string[] {
  const path = resolvePath(context.cwd, shown)
  try {
    if (context.fs.stat(path).type !== 'directory') return [shown]
    return context.fs.list(path).flatMap((it) => below(context, `${shown.replace(/\/$/, '')}/${it}`))
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    return [shown]
  }
}

export const GREP_COMMANDS: readonly Program[] = [grep('grep'), grep('egrep'), grep('fgrep')]
