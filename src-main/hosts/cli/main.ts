#!/usr/bin/env node
import { keepCompiled } from '../common/compile-cache.ts'
import { writeNoReports } from '../common/no-reports.ts'

writeNoReports()
keepCompiled()
const { endSignal } = await import('../common/signals.ts')
const { runCli } = await import('./run-cli.ts')

process.exitCode = await runCli(process.argv.slice(2), process, endSignal())
