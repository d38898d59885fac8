import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes longest goes first, so that no core waits for it at the end. */
const LONG = [
  'testing/self',
  'controllers/chaos',
  'etcd/transcripts',
  'api/robust',
  'http/kubectl',
  'testing/bugs/bugs',
  'cli/run',
  'etcd/checks',
  'scenario/examples',
  'storage/etcd',
  'etcd/key-tree',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((it) => moduleId.endsWith(`/test/${it}.test.ts`))
      return at < 0 ? LONG.length : at
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  // Examples and guides import the package by its name; here that is the source.
  resolve: {
    alias: [
      { find: /^kubarium$/, replacement: fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
      {
        find: /^kubarium\/vitest$/,
        replacement: fileURLToPath(new URL('./src/testing/index.ts', import.meta.url)),
      },
      {
        find: /^kubarium\/client-node$/,
        replacement: fileURLToPath(new URL('./src/client-node.ts', import.meta.url)),
      },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/*.long.test.ts', 'node_modules/**'],
    pool: 'threads',
    // Each worker imports the sources once: no test may leave anything behind in a module.
    // One more than two cores, since much of what drives real clients is waiting.
    maxWorkers: 3,
    isolate: false,
    sequence: { sequencer: LongestFirst },
    testTimeout: 20_000,
    setupFiles: ['test/setup.ts'],
  },
})
