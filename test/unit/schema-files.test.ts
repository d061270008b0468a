import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createAjvSchemas } from '../../src-main/adapters/schema-ajv/ajv-schemas.ts'
import { openSchemaFiles } from '../../src-main/adapters/workspace-file/schema-files.ts'
import { createEditor } from '../../src-main/app/edit/edit-messages.ts'
import { readPatch } from '../../src-main/domain/json-patch.ts'
import { SCHEMA_CHARS_MAX } from '../../src-main/ports/payload-schemas.ts'

const outside = mkdtempSync(join(tmpdir(), 'redrive-outside-'))
const folder = join(outside, 'workspace')
const workspacePath = join(folder, 'redrive.json')
const schema = '{"required":["总"]}'
const makePipe = 'mkfifo'
const files = openSchemaFiles({ workspacePath })

beforeAll(() => {
  mkdirSync(join(folder, 'schemas', 'deep'), { recursive: true })
  writeFileSync(workspacePath, '{}')
  writeFileSync(join(folder, 'schemas', 'order.json'), schema)
  writeFileSync(join(folder, '..order.json'), schema)
  writeFileSync(join(outside, 'secret.json'), '{}')
  writeFileSync(join(folder, 'large.json'), ' '.repeat(SCHEMA_CHARS_MAX * 3 + 1))
  writeFileSync(join(folder, 'binary.json'), Buffer.from([0x22, 0xff, 0x22]))
  symlinkSync(join(outside, 'secret.json'), join(folder, 'link.json'))
  symlinkSync(outside, join(folder, 'linked'))
  symlinkSync(join(folder, 'schemas', 'order.json'), join(folder, 'inside.json'))
  execFileSync(makePipe, [join(folder, 'pipe.json')])
})

describe('a schema file', () => {
  test.each(['schemas/order.json', 'inside.json', '..order.json'])('%s is read', async (path) => {
    expect(await files.read(path)).toBe(schema)
  })

  test('lies beside the real workspace file, not beside a link to it', async () => {
    const link = join(mkdtempSync(join(tmpdir(), 'redrive-link-')), 'redrive.json')
    symlinkSync(workspacePath, link)
    expect(await openSchemaFiles({ workspacePath: link }).read('schemas/order.json')).toBe(schema)
  })

  test.each([
    ['../secret.json', 'no ..'],
    ['schemas/../../secret.json', 'no ..'],
    ['schemas/./order.json', 'no .'],
    ['schemas//order.json', 'no empty part'],
    ['/etc/passwd', 'relative'],
    ['..\\secret.json', 'parted by /'],
    ['C:/secret.json', 'no drive'],
    ['', 'not a path'],
    ['schemas/order.json\u0000.txt', 'not a path'],
    ['link.json', 'a link leads out'],
    ['linked/secret.json', 'a link leads out'],
    ['none.json', 'ENOENT'],
    ['schemas', 'not a file'],
    ['large.json', 'larger than'],
    ['binary.json', 'cannot be read'],
  ])('%j is refused: %s', async (path, problem) => {
    const error: unknown = await files.read(path).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'workspace-invalid', retry: 'never', detail: { path } })
    expect((error as { detail: { problem: string } }).detail.problem).toContain(problem)
  })

  test('a pipe is refused at once, not waited for', async () => {
    await expect(files.read('pipe.json')).rejects.toMatchObject({ code: 'workspace-invalid' })
  })
})

describe('editing messages whose source names schemas', () => {
  const reading = readPatch('[{"op":"remove","path":"/old"}]')
  if (!reading.ok) throw new Error('the patch')
  const request = { kind: 'patch' as const, patch: reading.patch }
  const message = (type: string | null, payload: string) => ({ type, content: { payload, headers: null } })
  const editor = (schemas: Record<string, string>) =>
    createEditor(
      { payloadSchemas: async () => createAjvSchemas(), schemaFiles: files },
      { profile: 'auto', table: 'public.outbox_message', schemas },
    )

  test('each is held against the schema of its type as it will be sent; others are not', async () => {
    const results = await editor({ OrderPaid: 'schemas/order.json' }).edit(
      [
        message('OrderPaid', '{"old":1,"总":9007199254740993}'),
        message('OrderPaid', '{"old":1}'),
        message('Other', '{"old":1}'),
        message(null, '{"old":1}'),
        message('toString', '{"old":1}'),
        message('OrderPaid', '{}'),
      ],
      request,
    )
    expect(results).toMatchObject([
      { ok: true, version: { payload: '{"总":9007199254740993}' } },
      { ok: false, problems: [{ from: 'schema', problem: { path: '', keyword: 'required' } }] },
      { ok: true, version: { payload: '{}' } },
      { ok: true },
      { ok: true },
      { ok: false, problems: [{ from: 'patch', problem: { code: 'path-missing' } }] },
    ])
  })

  test('a schema that cannot be used stops the edit and is named', async () => {
    writeFileSync(join(folder, 'bad.json'), '{"type":"objekt"}')
    const edit = editor({ OrderPaid: 'bad.json' }).edit([message('OrderPaid', '{"old":1}')], request)
    await expect(edit).rejects.toMatchObject({ code: 'workspace-invalid', detail: { path: 'bad.json' } })
  })

  test('a schema that nothing needs is not read', async () => {
    const results = await editor({ OrderPaid: 'none.json' }).edit([message('Other', '{"old":1}')], request)
    expect(results).toMatchObject([{ ok: true }])
  })
})
