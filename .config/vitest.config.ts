import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

/** Tests that wait for servers most of their time: more files at once than the machine has cores. */
const WAITING = { maxWorkers: 3, sequence: { groupOrder: 0 } }
/** Tests with a browser, or with processes that are killed on time: they need the cores for themselves. */
const BUSY = { maxWorkers: 2, sequence: { groupOrder: 1 } }

/** A project of tests that run in plain Node, one process per file: they own sockets, signals and children. */
function node(name: string, timeoutMs = 30_000, load = WAITING): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      environment: 'node',
      pool: 'forks',
      ...load,
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
    passWithNoTests: false,
    allowOnly: false,
    reporters: ['default', 'json'],
    outputFile: { json: '.cache/vitest.json' },
    projects: [
      node('unit'),
      node('simulation', 60_000),
      node('conformance'),
      node('integration'),
      node('layouts', 60_000),
      node('faults', 60_000, BUSY),
      node('e2e', 120_000, BUSY),
      node('long', 300_000, BUSY),
      {
        extends: true,
        plugins: [vue()],
        test: {
          name: 'renderer',
          environment: 'happy-dom',
          ...WAITING,
          include: ['test/renderer/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
})
