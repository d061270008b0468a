#!/usr/bin/env node
import { keepCompiled } from '../common/compile-cache.ts'

keepCompiled()
const { endSignal } = await import('../common/signals.ts')
const { runCli } = await import('./run-cli.ts')

process.exitCode = await runCli(process.argv.slice(2), process, endSignal())
