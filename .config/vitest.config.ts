import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

/** A project of tests that run in plain Node, one process per file: they own sockets, signals and children. */
function node(name: string, timeoutMs = 30_000): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      environment: 'node',
      pool: 'forks',
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
    },
  }
}

export default defineConfig({
  root: resolve(import.meta.dirname, '..'),
  cacheDir: '.cache/vite',
  test: {
    globalSetup: 'test/support/kafka-global.ts',
    maxWorkers: 2,
    passWithNoTests: false,
    allowOnly: false,
    reporters: ['default', ['json', { outputFile: '.cache/vitest.json' }]],
    projects: [
      node('unit'),
      node('simulation', 60_000),
      node('conformance'),
      node('integration'),
      node('layouts', 60_000),
      node('faults', 60_000),
      node('e2e', 120_000),
      {
        extends: true,
        plugins: [vue()],
        test: {
          name: 'renderer',
          environment: 'happy-dom',
          include: ['test/renderer/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
})
