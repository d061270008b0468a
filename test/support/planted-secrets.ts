import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** Recognisable wherever it turns up, and never the same twice. */
export function plant<const N extends string>(names: readonly N[]): Readonly<Record<N, string>> {
  const made = names.map((name) => [name, `geheim${randomBytes(9).toString('hex')}`] as const)
  return Object.fromEntries(made) as Record<N, string>
}

export interface Finding {
  readonly secret: string
  readonly place: string
}

/** Which of `secrets` stand in the text, as they are, percent-encoded or in base64, also behind a user's name. */
export function findSecrets(
  place: string,
  text: string | Buffer,
  secrets: Readonly<Record<string, string>>,
): readonly Finding[] {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  return Object.entries(secrets).flatMap(([secret, value]) =>
    forms(value).some((form) => bytes.includes(form)) ? [{ secret, place }] : [],
  )
}

/** Base64 depends on what stands before: without the edges, it is the same in one of three places. */
function forms(value: string): readonly string[] {
  const inBase64 = [0, 1, 2].map((before) => {
    const text = Buffer.from(' '.repeat(before) + value).toString('base64')
    return text.slice(before === 0 ? 0 : 4, -4)
  })
  return [value, ...inBase64, Buffer.from(value).toString('hex')]
}

/** Every file below a folder. */
export async function findInFolder(
  folder: string,
  secrets: Readonly<Record<string, string>>,
): Promise<readonly Finding[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const path = join(entry.parentPath, entry.name)
      return findSecrets(path, await readFile(path), secrets)
    })
  return (await Promise.all(found)).flat()
}

/** Command line and environment of every process that descends from `pid`, without itself. */
export async function findInChildren(
  pid: number,
  secrets: Readonly<Record<string, string>>,
): Promise<readonly Finding[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const found = children
    .split(' ')
    .filter((child) => child !== '')
    .map(async (child) => [
      ...(await findInProcess(Number(child), ['cmdline', 'environ'], secrets)),
      ...(await findInChildren(Number(child), secrets)),
    ])
  return (await Promise.all(found)).flat()
}

export async function findInProcess(
  pid: number,
  parts: readonly ('cmdline' | 'environ')[],
  secrets: Readonly<Record<string, string>>,
): Promise<readonly Finding[]> {
  const found = parts.map(async (part) => {
    const text = await readFile(`/proc/${pid}/${part}`).catch(() => Buffer.alloc(0))
    return findSecrets(`${part} of process ${pid}`, text, secrets)
  })
  return (await Promise.all(found)).flat()
}

/** A service that says no, and tells everybody what it was sent: status line, headers and body hold the token. */
export async function startTalkative(): Promise<{ readonly url: string; readonly heard: () => string }> {
  let heard = ''
  const server = createServer((request, response) => {
    const sent = JSON.stringify(request.headers)
    heard += sent
    request.resume()
    const said = Object.values(request.headers).filter((value) => typeof value === 'string')
    response.writeHead(400, said.join(' ').replace(/[^\x20-\x7e]/g, ''), {
      'content-type': 'application/json',
      'x-echo': said.join(' '),
    })
    response.end(JSON.stringify({ state: 'unknown', echo: sent }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard: () => heard }
}
