import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/integration/**'],
    testTimeout: 60_000,
    pool: 'forks',
    // Most of the longer ones wait for processes they have started.
    maxWorkers: 2,
    maxConcurrency: 2,
  },
})
