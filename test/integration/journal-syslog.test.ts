import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { syslogMessage } from '../../src-main/domain/syslog.ts'
import { openCli } from '../support/cli.ts'
import type { Cli } from '../support/cli.ts'
import { makeCertificates } from '../support/redis-nodes.ts'
import { scratchFolder } from '../support/scratch.ts'

const LINE =
  /^<110>1 (\S+Z) (\S+) redrive (\d+) ([a-z-]+) \[redrive@32473 seq="(\d+)" hash="([0-9a-f]{64})" previous="([0-9a-f]{64})"\] (\{.*\})$/

/** A journal with an entry, without a server. */
async function withEntry(reason = 'an entry'): Promise<Cli> {
  const cli = await openCli({ sources: {}, brokers: {} })
  await add(cli, reason)
  return cli
}

const add = (cli: Cli, reason: string) => cli.here('store', 'restored', '--reason', reason)
const forward = (cli: Cli, to: string, ...more: string[]) =>
  cli.here('journal', 'forward', '--to', to, ...more)

interface Listening {
  readonly url: string
  readonly frames: () => string[]
}

async function listen(
  server: Server,
  scheme: string,
  onSocket?: (socket: Socket) => boolean,
): Promise<Listening> {
  const heard: Buffer[] = []
  const use = (socket: Socket): void => {
    socket.on('error', () => undefined)
    if (onSocket !== undefined && !onSocket(socket)) return
    socket.on('data', (chunk: Buffer) => heard.push(chunk))
    socket.on('end', () => socket.end())
  }
  server.on(scheme === 'syslog+tls' ? 'secureConnection' : 'connection', use)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { url: `${scheme}://127.0.0.1:${port}`, frames: () => framesOf(Buffer.concat(heard)) }
}

/** By their lengths, as RFC 6587 counts them. */
function framesOf(bytes: Buffer): string[] {
  const frames: string[] = []
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(0x20, at)
    const end = blank + 1 + Number(bytes.toString('latin1', at, blank))
    frames.push(bytes.toString('utf8', blank + 1, end))
    at = end
  }
  return frames
}

test('entries arrive over TCP, each with its length, in order, once, and chained', async () => {
  const cli = await withEntry('first: ünïcode ] " \\')
  const { url, frames } = await listen(createServer({ allowHalfOpen: true }), 'syslog')
  expect(await forward(cli, url)).toMatchObject({ code: 0, records: [{ entries: 1, gapAt: null }] })
  await add(cli, 'second')
  expect(await forward(cli, url)).toMatchObject({ code: 0, records: [{ entries: 1 }] })
  expect(await forward(cli, url)).toMatchObject({ code: 0, records: [{ entries: 0 }] })
  const parts = frames().map((frame) => LINE.exec(frame) ?? expect.fail(frame))
  expect(parts.map((part) => part[5])).toEqual(['1', '2'])
  expect(parts[1]?.[7]).toBe(parts[0]?.[6])
  const entry = JSON.parse(parts[0]?.[8] ?? '') as { at: string; action: string; detail: { reason: string } }
  expect(entry).toMatchObject({
    at: parts[0]?.[1],
    action: parts[0]?.[4],
    detail: { reason: 'first: ünïcode ] " \\' },
  })
})

test('what a receiver did not read to the end is sent again, and nothing is noted as taken', async () => {
  const cli = await withEntry()
  let connections = 0
  const server = createServer({ allowHalfOpen: true })
  const { url, frames } = await listen(server, 'syslog', (socket) => {
    connections += 1
    if (connections > 1) return true
    socket.destroy()
    return false
  })
  const failed = await forward(cli, url)
  expect(failed).toMatchObject({ code: 2, records: [{ code: 'usage' }] })
  expect(JSON.stringify(failed.records)).toContain('did not take')
  expect((await forward(cli, 'syslog://127.0.0.1:1')).code).toBe(2)
  expect(await forward(cli, url)).toMatchObject({ code: 0, records: [{ entries: 1 }] })
  expect(frames()).toHaveLength(1)
})

test('a journal that does not hold what was sent last is told as a gap, and nothing more is sent', async () => {
  const cli = await withEntry()
  const { url, frames } = await listen(createServer({ allowHalfOpen: true }), 'syslog')
  expect((await forward(cli, url)).code).toBe(0)
  const marks = join(cli.folder, 'data', 'redrive.db.journal-forwarded')
  const text = await readFile(marks, 'utf8')
  await writeFile(marks, text.replace(/"hash":"../, '"hash":"zz'))
  await add(cli, 'after')
  expect(await forward(cli, url)).toMatchObject({ code: 3, records: [{ gapAt: 1, entries: 0 }] })
  expect(frames()).toHaveLength(1)
})

test('over UDP each entry is one datagram, and a long one is cut and says so', async () => {
  const cli = await withEntry(`long ${'x'.repeat(20_000)}`)
  const socket = createSocket('udp4')
  const got: string[] = []
  socket.on('message', (message) => got.push(message.toString()))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  const url = `syslog+udp://127.0.0.1:${socket.address().port}`
  expect(await forward(cli, url)).toMatchObject({ code: 0, records: [{ entries: 1 }] })
  await expect.poll(() => got.length).toBe(1)
  expect(Buffer.byteLength(got[0] ?? '')).toBe(8_192)
  expect(got[0]).toContain(' cut="yes"] {"seq":1,')
})

test('over TLS the certificate is checked', async () => {
  const cli = await withEntry()
  const tls = await makeCertificates(join(await scratchFolder(), 'certificates'))
  const [cert, key] = [await readFile(tls.certFile), await readFile(tls.keyFile)]
  const { url, frames } = await listen(createTlsServer({ cert, key, allowHalfOpen: true }), 'syslog+tls')
  expect((await forward(cli, url)).code).toBe(2)
  expect(frames()).toEqual([])
  expect(await forward(cli, url, '--ca', tls.caFile)).toMatchObject({ code: 0, records: [{ entries: 1 }] })
  expect(frames()).toHaveLength(1)
})

test('an address that is none is refused, and no value breaks the form of a message', async () => {
  const cli = await withEntry()
  for (const to of ['syslog://', 'syslog+udp://'])
    expect((await forward(cli, to)).records, to).toMatchObject([{ code: 'usage' }])
  expect((await forward(cli, 'syslog://127.0.0.1:1', '--ca', 'x.pem')).code).toBe(2)
  const line = syslogMessage({
    at: '2026-01-01T00:00:00.000Z',
    host: 'a b\n<1>',
    pid: 1,
    messageId: '',
    facts: { seq: '1"] \\ \n' },
    text: 'a\nb\u202e\u{1f600}',
  })
  expect(line).toBe(
    '<110>1 2026-01-01T00:00:00.000Z ab<1> redrive 1 - [redrive@32473 seq="1\\"\\] \\\\ \\\\u000a"] a\\u000ab\\u202e\\ud83d\\ude00',
  )
})
