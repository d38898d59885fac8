#!/usr/bin/env node
/** The command line. Loads only the command that was asked for, so that each starts as fast as it can. */
import { Command, CommanderError } from 'commander'
import pc from 'picocolors'
import { InputError } from '../cluster/input-error.ts'
import { COMMANDS } from './commands.ts'
import { VERSION } from './version.ts'

/** Exit codes: all is well; a step or check did not hold; the input or the usage is wrong. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const

async function main(args: readonly string[]): Promise<void> {
  const program = new Command('kubarium')
    .description('An aquarium for the Kubernetes control plane, in one process and in virtual time.')
    .version(VERSION, '-V, --version')
    .showHelpAfterError('(see kubarium --help)')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, pc.red('error: '))) })
  const asked = args.find((it) => !it.startsWith('-'))
  for (const { name, summary, load } of COMMANDS) {
    if (name === asked) (await load()).register(program)
    else program.command(name).description(summary)
  }
  if (args.length === 0) program.help()
  for (const it of program.commands) it.exitOverride()
  await program.parseAsync([...args], { from: 'user' })
}

/** For people: what is wrong, where, and the way out. Stacks are for defects of kubarium alone. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof InputError) {
    process.stderr.write(`${pc.red('error:')} ${error.message}\n`)
    if (error.hint !== undefined) process.stderr.write(`${pc.dim('hint: ')} ${error.hint}\n`)
    return EXIT.usage
  }
  process.stderr.write(
    `${pc.red('error:')} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  return EXIT.failed
}

// A reader that has seen enough (head, less) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.ok)
  throw error
})

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = report(error)
}
