/** Runs the store's tests against one broken source file; see scripts/etcd-mutants.mjs. */
import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

interface Mutant {
  readonly file: string
  readonly start: number
  readonly end: number
  readonly to: string
}

const mutant: Mutant = JSON.parse(process.env['MUTANT'] ?? 'null')

export default defineConfig({
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      load(id) {
        if (!id.endsWith(`/src/etcd/${mutant.file}`)) return undefined
        const text = readFileSync(id, 'utf8')
        return text.slice(0, mutant.start) + mutant.to + text.slice(mutant.end)
      },
    },
  ],
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/etcd/*.test.ts'],
    exclude: ['test/etcd/*.long.test.ts'],
    setupFiles: ['test/setup.ts'],
    env: { TRANSCRIPTS: '3' },
    bail: 1,
    testTimeout: 60_000,
    pool: 'threads',
    fileParallelism: false,
  },
})
