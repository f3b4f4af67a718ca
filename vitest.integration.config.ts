import { defineConfig } from 'vitest/config'

// Real components: one file at a time, because they start daemons and pack the package.
export default defineConfig({
  test: {
    include: ['test/integration/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    fileParallelism: false,
  },
})
