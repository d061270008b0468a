import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openPage } from '../support/browser.ts'
import { scratchFolder } from '../support/scratch.ts'

const LAUNCH = resolve(import.meta.dirname, '../../src-main/hosts/launch.ts')
const START_TIMEOUT_MS = 60_000

interface Launched {
  readonly child: ChildProcess
  readonly output: () => string
  readonly exited: Promise<number | null>
}

/** `npm start` on a machine without a display. */
function launch(...words: readonly string[]): Launched {
  const env = { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' }
  const child = spawn(process.execPath, [LAUNCH, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await exited
  })
  return { child, output: () => output, exited }
}

/** Where this run's PostgreSQL lives; it is no child of ours, but its command line names the folder. */
async function databaseHome(folder: string): Promise<string> {
  const runs = join(folder, 'sandbox')
  const [run = ''] = await readdir(runs)
  const { home } = JSON.parse(await readFile(join(runs, run, 'owner.json'), 'utf8')) as { home: string }
  return home
}

async function processesNaming(text: string): Promise<string[]> {
  const lines = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map((name) => readFile(join('/proc', name, 'cmdline'), 'utf8').catch(() => '')),
  )
  return lines.filter((line) => line.includes(text))
}

test('without a display the sandbox is served, shows trouble, and leaves no process and no file behind', async () => {
  const folder = await scratchFolder()
  const { child, output, exited } = launch('--sandbox', '--data', folder)
  const address = /^Redrive is at (http:\/\/127\.0\.0\.1:\d+\/\?token=\S+)$/m
  await expect.poll(output, { timeout: START_TIMEOUT_MS }).toMatch(address)
  expect(output()).toContain('No desktop window: there is no display.')

  const { page } = await openPage()
  await page.goto(address.exec(output())![1]!)
  await page.getByRole('link', { name: 'Show the failed messages of shop-orders' }).waitFor()
  await page.getByText('sandbox').first().waitFor()

  const home = await databaseHome(folder)
  expect(await processesNaming(home)).not.toEqual([])
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
  expect(await processesNaming(home)).toEqual([])
  expect(existsSync(home)).toBe(false)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  expect(entries.filter((entry) => entry.isFile())).toEqual([])
})

test('a port that is taken and a word too many are named, without a stack', async () => {
  const folder = await scratchFolder()
  const extra = launch('sandbox')
  expect(await extra.exited).toBe(2)
  expect(extra.output()).toContain('"sandbox" is one word too many.')
  const first = launch('--data', join(folder, 'a'), '--workspace', join(folder, 'redrive.json'))
  await expect.poll(first.output, { timeout: START_TIMEOUT_MS }).toContain('Redrive is at')
  const port = /127\.0\.0\.1:(\d+)/.exec(first.output())![1]!
  const second = launch('--data', join(folder, 'b'), '--port', port)
  expect(await second.exited).toBe(2)
  expect(second.output()).toContain(`Port ${port} on 127.0.0.1 cannot be used`)
  expect(second.output()).not.toMatch(/\n +at /)
  first.child.kill('SIGINT')
  expect(await first.exited).toBe(0)
})

test('ending npm, and not the process behind it, leaves no process behind', async () => {
  const folder = await scratchFolder()
  const root = resolve(import.meta.dirname, '../..')
  const env = { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' }
  const words = ['run', 'sandbox', '--', '--data', folder]
  const npm = spawn('npm', words, { cwd: root, env, stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  npm.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await expect.poll(() => output, { timeout: START_TIMEOUT_MS }).toMatch(/^Redrive is at /m)
  const home = await databaseHome(folder)
  expect(await processesNaming(home)).not.toEqual([])
  npm.kill('SIGTERM')
  await expect.poll(() => processesNaming(home), { timeout: 20_000 }).toEqual([])
  await expect.poll(() => processesNaming(folder), { timeout: 20_000 }).toEqual([])
})
