import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

/** Tests that wait for servers most of their time: more files at once than the machine has cores. */
const WAITING = { maxWorkers: 4, sequence: { groupOrder: 0 } }
/** Files that leave nothing behind in their process share it: the start of one for each took longer than their tests. */
const TOGETHER = { ...WAITING, isolate: false }
/** Tests with a browser, or with processes that are killed on time: they need the cores for themselves. */
const BUSY = { maxWorkers: 2, sequence: { groupOrder: 1 } }

/**
 * In CI a browser test that failed is run once more, and the report names it: a browser beside two busy cores misses its time
 * without anybody's fault. Not so the others: what they may lose, they lose once.
 */
const IN_A_BROWSER_RETRIES = process.env['CI'] === undefined ? 0 : 1

/** How long a test waits for what is to come: on a machine that does other work besides, a second is short. */
const POLL_MS = 30_000

/** A project of tests that run in plain Node; most have a process per file: they own sockets, signals and children. */
function node(name: string, timeoutMs = 60_000, load: object = WAITING): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      environment: 'node',
      pool: 'forks',
      ...load,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: timeoutMs,
      expect: { poll: { timeout: POLL_MS } },
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
      node('unit', 60_000, TOGETHER),
      node('simulation'),
      node('conformance'),
      node('integration'),
      node('layouts'),
      node('proofs', 240_000, BUSY),
      node('faults', 60_000, BUSY),
      node('e2e', 240_000, { ...BUSY, retry: IN_A_BROWSER_RETRIES }),
      node('long', 300_000, BUSY),
      {
        extends: true,
        plugins: [vue()],
        test: {
          name: 'renderer',
          environment: 'happy-dom',
          ...TOGETHER,
          include: ['test/renderer/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
})
