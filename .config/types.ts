// Checks every TypeScript project: one environment each, so that `document` in src-main or `node:fs` in the
// renderer does not compile. A project without a file yet is left out (TypeScript calls that an error).
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const PROJECTS: { name: string; compiler: 'tsc' | 'vue-tsc'; sources: string }[] = [
  { name: 'main', compiler: 'tsc', sources: 'src-main/**/*.ts' },
  { name: 'contract', compiler: 'tsc', sources: 'src-preload/contract/**/*.ts' },
  { name: 'preload', compiler: 'tsc', sources: 'src-preload/*.ts' },
  { name: 'renderer', compiler: 'vue-tsc', sources: 'src-renderer/**/*.{ts,vue}' },
  { name: 'test', compiler: 'tsc', sources: 'test/!(renderer)/**/*.ts' },
  { name: 'test-renderer', compiler: 'vue-tsc', sources: 'test/renderer/**/*.{ts,vue}' },
]

let failed = 0
for (const { name, compiler, sources } of PROJECTS) {
  if (globSync(sources).length === 0) continue
  const run = spawnSync(compiler, ['--noEmit', '--project', `.config/tsconfig.${name}.json`], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  console.log(`types ${name}: ${run.status === 0 ? 'ok' : 'FAILED'}`)
  if (run.status !== 0) failed += 1
}
process.exitCode = failed === 0 ? 0 : 1
