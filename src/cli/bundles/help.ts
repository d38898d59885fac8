/** Help, the version, and what is no command. */
import { runCommandLine } from '../command-line.ts'

export function main(args: readonly string[]): Promise<void> {
  return runCommandLine(args, {})
}
