// Checks every TypeScript project: one environment each, so that `document` in src-main or `node:fs` in the
// renderer does not compile. A project without a file yet is left out (TypeScript calls that an error).
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const PROJECTS: { project: string; compiler: 'tsc' | 'vue-tsc'; sources: string }[] = [
  { project: 'tsconfig.main.json', compiler: 'tsc', sources: 'src-main/**/*.ts' },
  { project: 'tsconfig.contract.json', compiler: 'tsc', sources: 'src-preload/contract/**/*.ts' },
  { project: 'tsconfig.preload.json', compiler: 'tsc', sources: 'src-preload/*.ts' },
  { project: 'tsconfig.renderer.json', compiler: 'vue-tsc', sources: 'src-renderer/**/*.{ts,vue}' },
  { project: 'tsconfig.test.json', compiler: 'tsc', sources: 'test/!(renderer)/**/*.ts' },
  { project: 'tsconfig.test-renderer.json', compiler: 'vue-tsc', sources: 'test/renderer/**/*.{ts,vue}' },
  { project: 'tsconfig.json', compiler: 'tsc', sources: '.config/*.ts' },
]

let failed = 0
for (const { project, compiler, sources } of PROJECTS) {
  if (globSync(sources).length === 0) continue
  const run = spawnSync(compiler, ['--noEmit', '--project', `.config/${project}`], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  console.log(`types ${project}: ${run.status === 0 ? 'ok' : 'FAILED'}`)
  if (run.status !== 0) failed += 1
}
process.exitCode = failed === 0 ? 0 : 1
