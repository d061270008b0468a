import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createCommandSecrets } from '../../src-main/adapters/secrets-command/command-secrets.ts'
import type { SecretCommand } from '../../src-main/domain/access.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import { explain } from '../../src-preload/contract/explain.ts'
import { manualClock } from '../support/manual-clock.ts'
import { scratchFolder } from '../support/scratch.ts'

const SECRET = 'geheim-4711'

function script(code: string): SecretCommand['command'] {
  return [process.execPath, '-e', code]
}

function openCommands(options: { readonly timeoutMs?: number; readonly env?: NodeJS.ProcessEnv } = {}) {
  const clock = manualClock()
  return { clock, commands: createCommandSecrets({ env: process.env, clock, ...options }) }
}

async function failure(ref: SecretCommand, timeoutMs?: number): Promise<RedriveError> {
  const { commands } = openCommands(timeoutMs === undefined ? {} : { timeoutMs })
  const error: unknown = await commands.resolve('sources.orders', ref).catch((reason: unknown) => reason)
  if (!(error instanceof RedriveError)) return expect.fail(`it should have failed: ${String(error)}`)
  expect(error).toMatchObject({ code: 'secret-command-failed', detail: { name: 'sources.orders' } })
  // Whatever the command said: none of it is in the error, and what a person reads has a remedy.
  expect(JSON.stringify([error.message, error.detail, String(error.cause)])).not.toContain(SECRET)
  const told = explain(error.code, { ...error.detail })
  expect(told.next).toContain('Run the command in a terminal')
  expect(JSON.stringify(told)).not.toContain(SECRET)
  return error
}

function codeOf({ detail }: RedriveError): unknown {
  const { reason } = detail
  return typeof reason === 'object' ? reason.say : reason
}

/** A command that counts how often it ran, and prints how often. */
async function counting() {
  const file = join(await scratchFolder(), 'runs')
  await writeFile(file, '')
  const command = script(
    `const f=${JSON.stringify(file)},fs=require('fs');fs.appendFileSync(f,'x');console.log('run '+fs.readFileSync(f,'utf8').length)`,
  )
  return { command, runs: async () => (await readFile(file, 'utf8')).length }
}

describe('a password that a command prints', () => {
  test('is its first line, or a text in its JSON', async () => {
    const { commands } = openCommands()
    const first = script(`console.log('${SECRET}\\nmore')`)
    expect(await commands.resolve('a', { command: first })).toBe(SECRET)
    const json = script(`console.log(JSON.stringify({ data: { 'a/b': '${SECRET}' } }))`)
    expect(await commands.resolve('a', { command: json, at: '/data/a~1b' })).toBe(SECRET)
  })

  test('no shell reads its arguments', async () => {
    const { commands } = openCommands()
    const command = [process.execPath, '-e', 'console.log(process.argv[1])', '$(id);`id`'] as const
    expect(await commands.resolve('a', { command: [...command] as never })).toBe('$(id);`id`')
  })

  test('sees the environment, but nothing that opens what is Redrive’s', async () => {
    const env = { ...process.env, VAULT_ADDR: 'here', REDRIVE_SECRETS_PASSPHRASE: SECRET }
    const { commands } = openCommands({ env })
    const command = script(
      `console.log(process.env.VAULT_ADDR+' '+(process.env.REDRIVE_SECRETS_PASSPHRASE??'none'))`,
    )
    expect(await commands.resolve('a', { command })).toBe('here none')
  })

  test('is kept for as long as it is good, and asked for again after that', async () => {
    const { clock, commands } = openCommands()
    const { command, runs } = await counting()
    const ask = () => commands.resolve('a', { command, seconds: 300 })
    expect(await Promise.all([ask(), ask()])).toEqual(['run 1', 'run 1'])
    await clock.advance(299_000)
    expect(await ask()).toBe('run 1')
    await clock.advance(1_000)
    expect(await ask()).toBe('run 2')
    expect(await runs()).toBe(2)
  })

  test('without a time it is asked for at each log-in', async () => {
    const { commands } = openCommands()
    const { command } = await counting()
    expect(await commands.resolve('a', { command })).toBe('run 1')
    expect(await commands.resolve('a', { command })).toBe('run 2')
    // The one that was refused was fresh: another try would only count as another wrong password.
    expect(commands.renew({ command })).toBe(false)
  })

  test('one that a server refused is asked for once more, and not again and again', async () => {
    const { clock, commands } = openCommands()
    const { command, runs } = await counting()
    const ref = { command, seconds: 300 }
    expect(await commands.resolve('a', ref)).toBe('run 1')
    // Fresh and refused: it is wrong.
    expect(commands.renew(ref)).toBe(false)
    await clock.advance(10_000)
    expect(commands.renew(ref)).toBe(true)
    expect(await commands.resolve('a', ref)).toBe('run 2')
    // A second connection that was refused with the old one at the same time.
    expect(commands.renew(ref)).toBe(true)
    expect(await commands.resolve('a', ref)).toBe('run 2')
    expect(await runs()).toBe(2)
  })

  test('several log-ins refused at the same moment: each of them asks once more, not only the first', async () => {
    const { command } = await counting()
    const { clock, commands } = openCommands()
    const ref = { command, seconds: 3_600 }
    await commands.resolve('sources.orders', ref)
    await clock.advance(60_000)
    expect([commands.renew(ref), commands.renew(ref)]).toEqual([true, true])
    const again = [commands.resolve('sources.orders', ref), commands.resolve('sources.orders', ref)]
    expect(await Promise.all(again)).toEqual(['run 2', 'run 2'])
  })

  test('a failure is not kept', async () => {
    const folder = await scratchFolder()
    const file = join(folder, 'later')
    const { commands } = openCommands()
    const command = script(`console.log(require('fs').readFileSync(${JSON.stringify(file)},'utf8'))`)
    const ref = { command, seconds: 300 }
    await expect(commands.resolve('a', ref)).rejects.toMatchObject({ code: 'secret-command-failed' })
    await writeFile(file, SECRET)
    expect(await commands.resolve('a', ref)).toBe(SECRET)
  })
})

describe('a command that gives no password says why, and not what it wrote', () => {
  test('there is no such program', async () => {
    expect(codeOf(await failure({ command: ['redrive-no-such-program', SECRET] }))).toBe('secret.absent')
  })

  test('it may not be run', async () => {
    const file = join(await scratchFolder(), 'program')
    await writeFile(file, '#!/bin/sh\n')
    await chmod(file, 0o600)
    expect(codeOf(await failure({ command: [file] }))).toBe('secret.not-allowed')
  })

  test.each([
    [`console.error('${SECRET}'); process.exit(3)`, 'secret.exit'],
    [`console.log('${SECRET}'); console.error('${SECRET}'); process.exit(1)`, 'secret.exit'],
    [`process.kill(process.pid, 'SIGTERM')`, 'secret.signal'],
    [`console.log('\\n${SECRET}')`, 'secret.empty'],
    [`console.log('${SECRET}'.repeat(10_000)); setInterval(() => 0, 1_000)`, 'secret.too-large'],
  ])('%s', async (code, told) => {
    expect(codeOf(await failure({ command: script(code) }))).toBe(told)
  })

  test.each([
    [SECRET, 'secret.no-json'],
    [JSON.stringify({ other: SECRET }), 'secret.no-field'],
    [JSON.stringify({ password: { deeper: SECRET } }), 'secret.no-field'],
  ])('%s has nothing at /password', async (printed, told) => {
    const command = script(`console.log(${JSON.stringify(printed)})`)
    expect(codeOf(await failure({ command, at: '/password' }))).toBe(told)
  })

  test('it does not end, and neither does what it started', async () => {
    const pidFile = join(await scratchFolder(), 'pid')
    const child = `require('fs').writeFileSync(${JSON.stringify(pidFile)},String(process.pid));setInterval(()=>0,1000)`
    const code = `require('child_process').spawn(process.execPath,['-e',${JSON.stringify(child)}],{stdio:'inherit'});setInterval(()=>0,1000)`
    const startedAt = performance.now()
    expect(codeOf(await failure({ command: script(code) }, 3_000))).toBe('secret.late')
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    const pid = Number(await readFile(pidFile, 'utf8'))
    await expect.poll(() => alive(pid)).toBe(false)
  })
})

function alive(pid: number): boolean {
  try {
    // A dead one whose parent was killed with it is taken by the system.
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
