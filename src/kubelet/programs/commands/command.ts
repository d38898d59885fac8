/** How the small commands are written: a function over arguments that returns an exit code. */
import type { ChildIo, ProcessContext, Program } from '../program.ts'
import { FileError, resolvePath } from '../vfs.ts'

export type CommandBody = (context: ProcessContext, args: readonly string[]) => number | Promise<number>

/** Wrong arguments: told with the command's usage. Without a message only the usage is printed. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What BusyBox prints before the usage of a command that was called wrongly. */
const BANNER = 'BusyBox v1.36.1 (2024-06-10 07:11:47 UTC) multi-call binary.'

/**
 * A command; errors about files and arguments are printed as busybox prints them, with exit code `wrong`.
 *
 * @param usage what follows `Usage: ` in its help
 */
export function command(name: string, body: CommandBody, usage = '', wrong = 1): Program {
  return {
    name,
    async start(context) {
      const args = context.argv.slice(1)
      try {
        if (args.length === 1 && args[0] === '--help' && usage !== '') throw new UsageError()
        return await body(context, args)
      } catch (error) {
        if (error instanceof UsageError) {
          const problem = error.message === '' ? '' : `${name}: ${error.message}\n`
          context.stderr.write(`${problem}${BANNER}\n\nUsage: ${usage === '' ? name : usage}\n`)
          return wrong
        }
        if (!(error instanceof FileError)) throw error
        context.stderr.write(`${name}: ${error.message}\n`)
        return wrong
      }
    },
  }
}

/** Runs something about one file; false, and a line that names the file, when it cannot be done. */
export function onFile(context: ProcessContext, prefix: string, run: () => void): boolean {
  try {
    run()
    return true
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    context.stderr.write(`${prefix}: ${error.message}\n`)
    return false
  }
}

export interface Options {
  readonly flags: ReadonlySet<string>
  /** The last value of each. */
  readonly values: ReadonlyMap<string, string>
  /** Every value, for options that may be repeated: letter and value. */
  readonly given: readonly (readonly [string, string])[]
  readonly rest: string[]
}

/**
 * Options as getopt takes them, and the arguments that are none.
 *
 * @param letters as in getopt: `abf:`, where `f` takes a value; with `+` in front, options end at the first argument
 * @param long names of two letters and more, and the letter that each stands for; `name=` takes a value
 */
export function options(
  args: readonly string[],
  letters: string,
  long: Readonly<Record<string, string>> = {},
): Options {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const given: (readonly [string, string])[] = []
  const rest: string[] = []
  const stop = letters.startsWith('+')
  const set = (letter: string, value: string | undefined) => {
    if (value === undefined) flags.add(letter)
    else {
      values.set(letter, value)
      given.push([letter, value])
    }
  }
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === '--') {
      rest.push(...args.slice(i + 1))
      break
    }
    if (arg.startsWith('--')) {
      const at = arg.indexOf('=')
      const name = at < 0 ? arg.slice(2) : arg.slice(2, at)
      const valued = Object.hasOwn(long, `${name}=`)
      if (!valued && !Object.hasOwn(long, name)) throw new UsageError(`unrecognized option '${arg}'`)
      const value = at < 0 ? args[valued ? ++i : -1] : arg.slice(at + 1)
      if (valued && value === undefined) throw new UsageError(`option '--${name}' requires an argument`)
      set(long[valued ? `${name}=` : name]!, valued ? value : undefined)
    } else if (arg.length > 1 && arg.startsWith('-')) {
      for (let j = 1; j < arg.length; j++) {
        const letter = arg[j]!
        const at = /[a-zA-Z0-9]/.test(letter) ? letters.indexOf(letter) : -1
        if (at < 0) throw new UsageError(`invalid option -- '${letter}'`)
        if (letters[at + 1] !== ':') {
          set(letter, undefined)
          continue
        }
        const value = j + 1 < arg.length ? arg.slice(j + 1) : args[++i]
        if (value === undefined) throw new UsageError(`option requires an argument -- '${letter}'`)
        set(letter, value)
        break
      }
    } else if (stop) {
      rest.push(...args.slice(i))
      break
    } else rest.push(arg)
  }
  return { flags, values, given, rest }
}

/** The text of the files named, or of stdin when there are none (or `-`). Missing files are told and counted. */
export async function inputs(
  context: ProcessContext,
  name: string,
  files: readonly string[],
  quiet = false,
): Promise<{ texts: { file: string; text: string }[]; failed: boolean }> {
  const texts: { file: string; text: string }[] = []
  let failed = false
  for (const file of files.length === 0 ? ['-'] : files) {
    if (file === '-') texts.push({ file, text: await context.stdin.readText() })
    else {
      try {
        texts.push({ file, text: context.fs.readText(resolvePath(context.cwd, file)) })
      } catch (error) {
        if (!(error instanceof FileError)) throw error
        if (!quiet) context.stderr.write(`${name}: ${file}: ${error.message}\n`)
        failed = true
      }
    }
  }
  return { texts, failed }
}

/** Runs another command to its end; 127 with a message when there is none of that name. */
export function runCommand(
  context: ProcessContext,
  name: string,
  argv: readonly string[],
  io: Partial<ChildIo> = {},
): Promise<number> {
  if (context.has(argv[0] ?? '')) return context.spawn(argv, { cwd: context.cwd, ...io }).exited
  context.stderr.write(`${name}: can't execute '${argv[0] ?? ''}': No such file or directory\n`)
  return Promise.resolve(127)
}

/** Lines without their ends; a last newline makes no empty line. */
export function linesOf(text: string): string[] {
  if (text === '') return []
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
}

/** `5`, `1.5`, `2m`: milliseconds. */
export function sleepMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text)
  if (match === null) return Number.NaN
  const unit = { '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2]!]!
  return Number(match[1]) * unit
}
