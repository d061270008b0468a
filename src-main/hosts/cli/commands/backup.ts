import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import {
  copyStore,
  headOfReplaced,
  headOfStore,
  replaceStore,
  verifyCopy,
} from '../../../adapters/store-sqlite/backup.ts'
import { openStore } from '../../../adapters/store-sqlite/open-store.ts'
import { localProcesses } from '../../../adapters/system/processes.ts'
import { systemClock } from '../../../adapters/system/clock.ts'
import { readVerifyingKey } from '../../../adapters/signing-ed25519/verifying-key.ts'
import { openWorkspaceFile } from '../../../adapters/workspace-file/workspace-file.ts'
import { standAfterRestore } from '../../../app/restore/after-restore.ts'
import type { Unsettled } from '../../../app/restore/after-restore.ts'
import type { BackupManifest } from '../../../domain/backup.ts'
import { withoutSecrets } from '../../../domain/backup.ts'
import type { VerifyingKey } from '../../../domain/checkpoint.ts'
import type { Json } from '../../../domain/digest.ts'
import { RedriveError } from '../../../domain/errors.ts'
import type { Signer } from '../../../ports/signing.ts'
import { usageError } from '../../common/failure.ts'
import { operatorName } from '../../common/places.ts'
import { signingKeyOf } from '../../common/signing-key.ts'
import { openSignerOf } from '../../open-signed.ts'
import { storeFileName } from '../../store.ts'
import { besideBackup, readBackup, writeBackup } from '../backup-file.ts'
import type { PartFile } from '../backup-file.ts'
import { operand } from '../command.ts'
import type { Command, CommandContext, Globals } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

const PG_DUMP =
  'This workspace uses the store of a team. Back it up with pg_dump --schema=redrive, and say "redrive store restored" after a pg_restore.'

export const backup: Command = {
  words: ['backup'],
  summary:
    'Writes workspace, local store and public key into one file, also while a console runs; no passwords and tokens',
  operands: ['FILE'],
  options: {},
  async run(context) {
    const { globals, output, signal } = context
    const out = resolve(operand(context, 0))
    if (existsSync(out)) throw usageError(`${out} is there already; a backup is never written over.`)
    await requireLocal(globals)
    const path = join(globals.dataDir, storeFileName)
    const folder = await besideBackup(out)
    try {
      const signer = await signerOf(globals)
      const [db, key] = [join(folder, storeFileName), join(folder, 'journal.pem')]
      await copyStore(path, db)
      const verdict = await verifyCopy(db, { keys: [signer], heads: [] }, signal)
      await writeFile(key, signer.publicKey, { mode: 0o600 })
      const files: PartFile[] = [
        { name: 'redrive.db', file: db },
        { name: 'journal.pem', file: key },
      ]
      const removed = await addWorkspace(globals.workspaceFile, folder, files)
      const about = { madeAt: new Date().toISOString(), madeBy: operatorName(), head: headOfStore(db) }
      const { head, parts } = await writeBackup(out, files, about, signer)
      output.object(
        { type: 'backup', file: out, head, parts, key: signer.fingerprint, secretsRemoved: removed },
        { file: out, entries: head?.seq ?? 0, key: signer.fingerprint },
      )
      if (removed > 0)
        output.remark(
          `${removed} passwords that stand in the workspace file were left out; they are asked for after a restore.`,
        )
      if (verdict.intact || verdict.finding === 'unknown-key') return EXIT.done
      output.remark(
        `The journal is not as Redrive wrote it (${verdict.finding}); a restore will refuse this backup.`,
      )
      return EXIT.attention
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
}

export const restore: Command = {
  words: ['restore'],
  summary:
    'Puts a backup back; what was not ended when it was made is settled by a person, never sent by itself',
  operands: ['FILE'],
  options: {
    replace: { kind: 'flag', help: 'what is there is put aside, beside it' },
    key: {
      kind: 'list',
      value: 'PUBKEYFILE',
      help: 'who may have signed it, where it was not this installation',
    },
  },
  async run(context) {
    const { args, globals, output, signal } = context
    const replace = args.flag('replace')
    await requireLocal(globals)
    const path = join(globals.dataDir, storeFileName)
    if (!replace)
      for (const there of [path, globals.workspaceFile])
        if (existsSync(there))
          throw usageError(`${there} is there. With --replace it is put aside, and the backup in its place.`)
    await mkdir(globals.dataDir, { recursive: true, mode: 0o700 })
    const signer = await signerOf(globals)
    const keys = [signer, ...(await readKeys(args.list('key')))]
    const unpacked = await readBackup(operand(context, 0), globals.dataDir, keys)
    try {
      const { manifest, files } = unpacked
      const db = files.get('redrive.db')
      if (db === undefined)
        throw new RedriveError('backup-damaged', 'never', {
          path: operand(context, 0),
          problem: 'there is no store in it',
        })
      const heads = manifest.head === null ? [] : [manifest.head]
      const verdict = await verifyCopy(db, { keys, heads }, signal)
      if (!verdict.intact) {
        const problem = `the journal in it is not as Redrive wrote it (${verdict.finding}, at entry ${verdict.brokenAt ?? '?'})`
        throw new RedriveError('backup-damaged', 'never', { path: operand(context, 0), problem })
      }
      const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-')
      const unsettled = await stand(db, { signer, manifest, replaced: headOfReplaced(path) as Json })
      replaceStore(path, db, `${path}.replaced-${stamp}`)
      const workspace = files.get('workspace.json')
      if (workspace !== undefined) {
        const target = globals.workspaceFile
        const next = `${target}.${process.pid}.new`
        await mkdir(dirname(target), { recursive: true })
        await writeFile(next, await readFile(workspace), { mode: 0o600, flush: true })
        if (existsSync(target)) await rename(target, `${target}.replaced-${stamp}`)
        await rename(next, target)
      }
      output.object(
        { type: 'restored', madeAt: manifest.madeAt, head: manifest.head, ...unsettled },
        {
          'made at': manifest.madeAt,
          jobs: unsettled.jobs,
          unknown: unsettled.unknown,
          'switched off': unsettled.switchedOff,
          'tokens taken back': unsettled.tokens,
        },
      )
      return told(context, unsettled)
    } finally {
      await unpacked.close()
    }
  },
}

/** In the copy, before anybody can open it: a crash in between leaves no store that would go on. */
async function stand(
  path: string,
  {
    signer,
    manifest,
    replaced,
  }: { readonly signer: Signer; readonly manifest: BackupManifest; readonly replaced: Json },
): Promise<Unsettled> {
  const store = openStore({ path, clock: systemClock(), signer })
  try {
    if (store.refusal !== null) throw store.refusal
    const { madeAt, madeBy, head, key } = manifest
    const detail: Json = { madeAt, madeBy, head: head as Json, key, replaced }
    return await standAfterRestore({ store, self: localProcesses().self, operator: operatorName(), detail })
  } finally {
    await store.close()
  }
}

export function told({ output }: CommandContext, { unknown, switchedOff, tokens }: Unsettled) {
  if (tokens > 0)
    output.remark(
      `${tokens} tokens of operators are taken back: some may have been before. Make new ones (redrive operators add).`,
    )
  if (switchedOff > 0)
    output.remark(`${switchedOff} schedules are switched off until a person switches them on.`)
  if (unknown === 0) return EXIT.done
  output.remark(
    `${unknown} messages of jobs that had not ended may have been sent since: settle them (redrive jobs unknown). None is sent by itself.`,
  )
  return EXIT.attention
}

/** A file that cannot be read says nothing of a store; what is wrong with it is told by whoever needs it. */
async function requireLocal({ storeUrl, workspaceFile }: Globals): Promise<void> {
  const named = await openWorkspaceFile({ path: workspaceFile })
    .load()
    .then(
      ({ store }) => store !== undefined,
      () => false,
    )
  if (storeUrl !== null || named) throw usageError(PG_DUMP)
}

/** Answers with how many secrets were left out. */
async function addWorkspace(from: string, folder: string, files: PartFile[]): Promise<number> {
  if (!existsSync(from)) return 0
  let json: unknown
  try {
    json = JSON.parse(await readFile(from, 'utf8'))
  } catch {
    throw usageError(`${from} is no JSON, so nobody can tell which secrets are in it; nothing was written.`)
  }
  const { workspace, removed } = withoutSecrets(json)
  const file = join(folder, 'workspace.json')
  await writeFile(file, `${JSON.stringify(workspace, null, 2)}\n`, { mode: 0o600 })
  files.push({ name: 'workspace.json', file })
  return removed
}

function signerOf({ dataDir }: Globals): Promise<Signer> {
  return openSignerOf({ dataDir, place: signingKeyOf(process.env).signingKey })
}

async function readKeys(files: readonly string[]): Promise<VerifyingKey[]> {
  return Promise.all(
    files.map(async (file) => {
      const key = readVerifyingKey(await readFile(file, 'utf8').catch(() => ''))
      if (key === null) throw usageError(`${file} is no public key as "redrive journal key --out" writes it.`)
      return key
    }),
  )
}
