/** Commands that simulate and report. */
import { runCommandLine } from '../command-line.ts'

export function main(args: readonly string[]): Promise<void> {
  return runCommandLine(args, {
    run: () => import('../run.ts'),
    explore: () => import('../explore.ts'),
    explain: () => import('../explain.ts'),
    import: () => import('../import.ts'),
  })
}
