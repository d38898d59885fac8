/** The command that serves a cluster over HTTP. */
import { runCommandLine } from '../command-line.ts'

export function main(args: readonly string[]): Promise<void> {
  return runCommandLine(args, {
    serve: () => import('../serve.ts'),
  })
}
