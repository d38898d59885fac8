/** Reads the command line and runs the command that it asks for. */
import { Command, CommanderError } from 'commander'
import pc from 'picocolors'
import { InputError } from '../cluster/input-error.ts'
import { COMMANDS, type CommandName } from './commands.ts'
import { VERSION } from './version.ts'

/** Exit codes: all is well; a step or check did not hold; the input or the usage is wrong. */
const EXIT = { ok: 0, failed: 1, usage: 2 } as const

export interface CommandModule {
  /** Adds the command, with its options and its action, to the program. */
  register(program: Command): void
}

/** The commands that a bundle can run; a module is loaded when its command runs, not before. */
export type CommandModules = { readonly [Name in CommandName]?: () => Promise<CommandModule> }

/** Runs the command line to its end and sets the exit code of the process. */
export async function runCommandLine(args: readonly string[], modules: CommandModules): Promise<void> {
  // A reader that has seen enough (head, less) is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.ok)
    throw error
  })
  try {
    await parse(args, modules)
  } catch (error) {
    process.exitCode = report(error)
  }
}

async function parse(args: readonly string[], modules: CommandModules): Promise<void> {
  const program = new Command('kubarium')
    .description('An aquarium for the Kubernetes control plane, in one process and in virtual time.')
    .version(VERSION, '-V, --version')
    .showHelpAfterError('(see kubarium --help)')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, pc.red('error: '))) })
  const asked = args.find((it) => !it.startsWith('-'))
  for (const { name, summary } of COMMANDS) {
    const load = name === asked ? modules[name] : undefined
    if (load !== undefined) (await load()).register(program)
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
