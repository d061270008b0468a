import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** The Debian whose own package is a RabbitMQ 4. */
const SUITE = 'trixie'
const CACHE = resolve(import.meta.dirname, '../../.cache/rabbit4')
const run = promisify(execFile)

/**
 * Folder of a small Debian 13 with its RabbitMQ: built once with debootstrap from the mirror that this machine has its own
 * packages from, then kept. Needs root and debootstrap.
 */
export async function rabbit4Root(): Promise<string> {
  const folder = join(CACHE, 'root')
  if (existsSync(folder)) return folder
  await run('debootstrap', ['--version']).catch((cause: unknown) => {
    throw new Error('debootstrap is missing: apt-get install debootstrap', { cause })
  })
  if (process.getuid?.() !== 0) throw new Error('debootstrap and chroot need root')
  const work = join(CACHE, `building-${process.pid}`)
  await mkdir(work, { recursive: true })
  const words = ['--variant=minbase', '--include=rabbitmq-server', SUITE, work, await mirror()]
  const building = spawn('debootstrap', words, { stdio: 'inherit' })
  const [code] = (await once(building, 'exit')) as [number | null]
  if (code !== 0) {
    await rm(work, { recursive: true, force: true })
    throw new Error(`debootstrap ended with ${code}`)
  }
  await rename(work, folder)
  return folder
}

/** The first place of Debian's own packages that apt knows. */
async function mirror(): Promise<string> {
  const format = ['--format', '$(REPO_URI)']
  const asked = ['indextargets', ...format, 'Created-By: Packages', 'Origin: Debian', 'Label: Debian']
  const { stdout } = await run('apt-get', asked)
  const [first = ''] = stdout.split('\n')
  if (first === '') throw new Error("apt knows no place of Debian's packages: run apt-get update")
  return first
}
