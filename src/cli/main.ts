#!/usr/bin/env node
/** The command line. Loads only the bundle of the command that was asked for, so that each starts as fast as it can. */
import { join } from 'node:path'
import { COMMANDS } from './commands.ts'
import { requireCompiled } from './compiled.ts'

interface Bundle {
  main(args: readonly string[]): Promise<void>
}

const args = process.argv.slice(2)
const asked = args.find((it) => !it.startsWith('-'))
const command = COMMANDS.find((it) => it.name === asked)
const bundle = requireCompiled<Bundle>(
  join(import.meta.dirname, `${command?.bundle ?? 'help'}.cjs`),
  command?.name ?? 'help',
)
await bundle.main(args)
