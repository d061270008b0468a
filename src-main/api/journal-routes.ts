import { journal as contract } from '../../src-preload/contract/journal.ts'
import type { Engine } from '../app/engine.ts'
import { RedriveError } from '../domain/errors.ts'
import { implementer } from './implementer.ts'
import { required } from './signal.ts'

export function journalRoutes(engine: Engine) {
  const { ports } = engine
  const os = implementer(engine, { journal: contract })
  const { journal, signing } = ports
  return {
    list: os.journal.list.handler(async ({ input }) => {
      const entries = [...(await journal.list(input))]
      const last = entries.length === input.limit ? entries.at(-1) : undefined
      return {
        entries: entries.map((entry) => ({ ...entry, detail: entry.detail as never })),
        nextCursor: last?.seq ?? null,
      }
    }),
    verify: os.journal.verify.handler(async ({ input: { keys = [], heads = [] }, signal }) => {
      const known = keys.map((pem) => {
        const key = signing.readKey(pem)
        if (key !== null) return key
        throw new RedriveError('usage', 'never', { problem: 'A key is no public key of Ed25519 in PEM.' })
      })
      return told(await journal.verifyAgainst({ keys: known, heads }, required(signal)))
    }),
    key: os.journal.key.handler(() => {
      if (signing.signer === null) return { key: null }
      const { fingerprint, publicKey, kept } = signing.signer
      return { key: { fingerprint, publicKey, kept } }
    }),
    acceptClock: os.journal.acceptClock.handler(async ({ input: { reason } }) => {
      const last = (await journal.list({ order: 'newest', cursor: null, limit: 1 })).at(0)
      const detail = { reason, lastEntryAt: last?.at ?? null }
      const operator = ports.operator()
      const draft = { action: 'clock-accepted' as const, operator, source: null, subject: null, detail }
      const entry = await journal.acceptClock(draft)
      return { entry: { ...entry, detail: entry.detail as never } }
    }),
    seal: os.journal.seal.handler(async () => {
      const seal = await journal.sealForExport()
      return { seal: seal && { checkpoints: [...seal.checkpoints], end: seal.end } }
    }),
  }
}

function told(verdict: Awaited<ReturnType<Engine['ports']['journal']['verify']>>) {
  if (!verdict.intact) return verdict
  const { signed } = verdict
  return { ...verdict, signed: signed && { ...signed, by: [...signed.by] } }
}
