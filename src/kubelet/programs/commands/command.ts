/** How the small commands are written: a function over arguments that returns an exit code. */
import type { ProcessContext, Program } from '../program.ts'
import { FileError, resolvePath } from '../vfs.ts'

export type CommandBody = (context: ProcessContext, args: readonly string[]) => number | Promise<number>

/** A command; errors about files are printed as busybox prints them, with exit code 1. */
export function command(name: string, body: CommandBody): Program {
  return {
    name,
    async start(context) {
      try {
        return await body(context, context.argv.slice(1))
      } catch (error) {
        if (!(error instanceof FileError)) throw error
        context.stderr.write(`${name}: ${error.message}\n`)
        return 1
      }
    },
  }
}

/** Single letters after `-`, and the arguments that are no options. `valued` letters take the next argument. */
export function options(
  args: readonly string[],
  valued = '',
): { flags: ReadonlySet<string>; values: ReadonlyMap<string, string>; rest: string[] } {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const rest: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === '--') {
      rest.push(...args.slice(i + 1))
      break
    }
    if (arg.startsWith('--')) {
      const at = arg.indexOf('=')
      if (at < 0) flags.add(arg.slice(2))
      else values.set(arg.slice(2, at), arg.slice(at + 1))
    } else if (arg.length > 1 && arg.startsWith('-')) {
      for (let j = 1; j < arg.length; j++) {
        const letter = arg[j]!
        if (!valued.includes(letter)) flags.add(letter)
        else {
          values.set(letter, arg.slice(j + 1) || (args[++i] ?? ''))
          break
        }
      }
    } else rest.push(arg)
  }
  return { flags, values, rest }
}

/** The text of the files named, or of stdin when there are none (or `-`). Missing files are told and counted. */
export async function inputs(
  context: ProcessContext,
  name: string,
  files: readonly string[],
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
        context.stderr.write(`${name}: ${file}: ${error.message}\n`)
        failed = true
      }
    }
  }
  return { texts, failed }
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
