/** Runs a scenario written as a TypeScript or JavaScript program. */
import { existsSync } from 'node:fs'
import { createRequire, register as registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import pc from 'picocolors'
import type { Cluster, ClusterOptions } from '../cluster/cluster.ts'
import { createCluster } from '../cluster/create-cluster.ts'
import { InputError } from '../cluster/input-error.ts'
import { formatElapsed } from '../scenario/report/layout.ts'
import type { Stripper } from './typescript-hooks.ts'

/** `import()` as `compiled.ts` hands it in. */
declare const importModule: (url: string) => Promise<Readonly<Record<string, unknown>>>

/** What the program's default export is called with. */
export interface ProgramContext {
  /** As `createCluster` of the library, but honours `--seed`; the clusters it makes are part of the report. */
  createCluster(options?: ClusterOptions): Promise<Cluster>
  readonly seed: number | undefined
}

export interface ProgramOptions {
  readonly seed?: number
  readonly quiet?: boolean
}

/** Imports a program of the user's, TypeScript or JavaScript. */
export async function importProgram(file: string): Promise<Readonly<Record<string, unknown>>> {
  const path = resolve(file)
  if (!existsSync(path)) throw new InputError(`cannot read ${file}: there is no such file`)
  if (/\.[cm]?ts$/.test(path)) understandTypeScript(path, file)
  return importModule(pathToFileURL(path).href)
}

/**
 * Imports the file; if it has a default export, calls that. Resolves to true when it ended well: a program fails
 * by throwing, or by setting `process.exitCode`.
 */
export async function runProgram(file: string, options: ProgramOptions): Promise<boolean> {
  const path = resolve(file)
  if (!existsSync(path)) throw new InputError(`cannot read ${file}: there is no such file`)
  if (/\.[cm]?ts$/.test(path)) understandTypeScript(path, file)
  const clusters: Cluster[] = []
  const started = process.hrtime.bigint()
  const starts: number[] = []
  const context: ProgramContext = {
    seed: options.seed,
    async createCluster(given = {}) {
      const seeded = options.seed === undefined ? given : { ...given, seed: options.seed }
      const cluster = await createCluster(seeded)
      clusters.push(cluster)
      starts.push(cluster.now)
      return cluster
    },
  }
  const held = await callProgram(path, context)
  const realS = (Number(process.hrtime.bigint() - started) / 1e9).toFixed(3)
  clusters.forEach((cluster, i) => {
    const virtual = formatElapsed(cluster.now - starts[i]!)
    const verdict = held ? pc.green('held') : pc.red('failed')
    process.stdout.write(
      `${verdict}, ${virtual} of virtual time in ${realS} s, seed ${cluster.seed}, run hash ${cluster.runHash()}\n`,
    )
  })
  return held && !process.exitCode
}

async function callProgram(path: string, context: ProgramContext): Promise<boolean> {
  try {
    const module = await importModule(pathToFileURL(path).href)
    if (typeof module['default'] === 'function') await module['default'](context)
    return true
  } catch (error) {
    process.stderr.write(
      `${pc.red('error:')} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    return false
  }
}

/**
 * Node reads TypeScript by itself from 22.18 on. Before that, whichever of esbuild and typescript the program's own
 * project has takes the types out.
 */
function understandTypeScript(path: string, file: string): void {
  if ((process.features as { readonly typescript?: unknown }).typescript) return
  const from = createRequire(path)
  const ours = createRequire(import.meta.url)
  for (const require of [from, ours]) {
    for (const tool of ['esbuild', 'typescript'] as const) {
      try {
        const data: Stripper = { tool, path: pathToFileURL(require.resolve(tool)).href }
        registerHooks('./typescript-hooks.js', { parentURL: import.meta.url, data })
        return
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
      }
    }
  }
  throw new InputError(
    `cannot read ${file}: Node ${process.version} does not read TypeScript`,
    undefined,
    'use Node 22.18 or later, or install esbuild beside the file (npm install --save-dev esbuild)',
  )
}
