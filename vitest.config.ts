import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

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
    testTimeout: 20_000,
    setupFiles: ['test/setup.ts'],
  },
})
