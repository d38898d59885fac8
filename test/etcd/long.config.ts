/** For tests that need a real etcd or minutes: `npm run test:etcd` and its siblings. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/{etcd,storage}/**/*.long.test.ts'],
    setupFiles: ['test/setup.ts'],
    maxConcurrency: 5,
    fileParallelism: false,
  },
})
