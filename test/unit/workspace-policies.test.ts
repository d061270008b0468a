import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openWorkspaceFile } from '../../src-main/adapters/workspace-file/workspace-file.ts'
import type { Workspace } from '../../src-main/domain/workspace.ts'
import type { WorkspaceStore } from '../../src-main/ports/surroundings.ts'

const broker = { driver: 'rabbitmq', url: 'amqp://guest@127.0.0.1:5672/', password: { value: 'guest' } }
const example = { sources: {}, brokers: { rabbit: broker } }

function fileOf(value: unknown): WorkspaceStore {
  const path = join(mkdtempSync(join(tmpdir(), 'redrive-workspace-')), 'redrive.json')
  writeFileSync(path, JSON.stringify(value))
  return openWorkspaceFile({ path })
}

const load = (value: unknown): Promise<Workspace> => fileOf(value).load()

const publicKey = `ed25519:${Buffer.alloc(32, 7).toString('base64')}`
const approval = { above: 1_000, approvers: { mei: { publicKey, operators: ['mchen'] } } }
const policies = { production: { approval } }

test('policies are kept when connections are saved', async () => {
  const file = fileOf({ ...example, policies })
  const { brokers, ...rest } = await file.load()
  await file.save({ ...rest, brokers: { ...brokers } })
  expect((await file.load()).policies).toEqual(policies)
})

test('policies name people, each with a key of their own', async () => {
  const withApproval = (more: object) => ({
    ...example,
    policies: { production: { approval: { ...approval, ...more } } },
  })
  for (const wrong of [
    { approvers: {} },
    { approvers: { mei: { publicKey: 'ed25519:AAAA' } } },
    { approvers: { mei: { publicKey }, ben: { publicKey } } },
    { approvers: { mei: { publicKey }, MEI: { publicKey: publicKey.replace('B', 'C') } } },
    { above: -1 },
    { below: 3 },
  ]) {
    await expect(load(withApproval(wrong))).rejects.toMatchObject({ code: 'workspace-invalid' })
  }
  await expect(load({ ...example, policies: { live: { approval } } })).rejects.toMatchObject({
    code: 'workspace-invalid',
  })
})
