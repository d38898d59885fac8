/** Builds the package once into a directory of its own and runs its command line in child processes. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A built package in a temporary directory; remove it when done. */
export class BuiltPackage {
  readonly directory = mkdtempSync(join(tmpdir(), 'kubarium-'))

  build(): void {
    execFileSync(process.execPath, [
      join(ROOT, 'scripts/build.mjs'),
      '--outdir',
      join(this.directory, 'dist'),
    ])
  }

  /** Runs `kubarium ...args` in the repository, or in `cwd`. */
  kubarium(
    args: readonly string[],
    options: { readonly cwd?: string; readonly input?: string } = {},
  ): Promise<Outcome> {
    return runNode([join(this.directory, 'dist/cli/main.js'), ...args], { cwd: ROOT, ...options })
  }

  /** Writes a file beside the build; returns its path. */
  write(name: string, text: string): string {
    const path = join(this.directory, name)
    writeFileSync(path, text)
    return path
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

export function runNode(
  args: readonly string[],
  options: { readonly cwd: string; readonly input?: string },
): Promise<Outcome> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [...args],
      {
        cwd: options.cwd,
        env: { ...process.env, NO_COLOR: '1', NODE_EXTRA_CA_CERTS: '' },
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => done({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    )
    child.stdin?.end(options.input ?? '')
  })
}
