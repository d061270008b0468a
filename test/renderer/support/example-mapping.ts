import type { Message, MessageState } from '../../../src-preload/contract/messages.ts'
import type { MappingDraft } from '../../../src-preload/contract/mapping-shapes.ts'
import type { MappingCandidate, MappingPreview } from '../../../src-preload/contract/mapping-steps.ts'
import { errorOf, type World } from './fake-world.ts'
import { mappingOf, type FakeMapping } from './fake-mappings.ts'

export const DIGEST = 'd'.repeat(64)
export type Risk = MappingPreview['actions'][number]['risks'][number]

export const proposal: MappingCandidate = {
  profile: null,
  table: 'public.msg',
  score: 0.62,
  reasons: ['key: id (95 %: its unique index)'],
  writes: 'needs-confirmation',
  guesses: [
    { at: 'key', says: 'id', evidence: 'its unique index', confidence: 0.95 },
    { at: 'times.created', says: 'born', evidence: 'the name; its type', confidence: 0.5 },
    {
      at: 'states',
      says: 'phase = 1 (9 sampled rows) is not known',
      evidence: 'nothing tells',
      confidence: 0,
    },
  ],
  mapping: {
    profile: 'proposed',
    key: 'id',
    messageId: 'msg_key',
    times: { created: 'born' },
    states: [{ state: 'failed', when: { column: 'is_dead', equals: true } }],
    columns: { is_dead: { truth: ['Y', 'N'] } },
    sentRows: 'unknown',
    relay: { model: 'poller' },
  },
}

const rival: MappingCandidate = {
  profile: 'cap',
  table: 'public.msg',
  score: 0.41,
  reasons: ['4 of 9 columns found', 'missing: Content, ExpiresAt'],
  writes: 'refused',
  guesses: [],
  mapping: { profile: 'cap', key: 'id' },
}

function message(id: string, state: MessageState): Message {
  return {
    ...{ id, version: `v${id}`, messageId: `m-${id}`, state, trouble: null, attempts: 3, attemptsMax: 3 },
    ...{ type: 'OrderPaid', destination: { exchange: 'orders', routingKey: 'paid' }, chain: null },
    ...{ createdAt: '2026-11-21T09:00:00.000Z', updatedAt: null, nextAttemptAt: null, lastError: 'timeout' },
  }
}

/** Two failed rows and one of which nothing is known; a retry with these risks. */
export function previewOf(
  source: string,
  risks: readonly Risk[],
  mapping: MappingPreview['mapping'],
): MappingPreview {
  const complete = { complete: true as const }
  const seen = (state: MessageState, samples: Message[]): MappingPreview['states'][number] => ({
    ...{ state, count: samples.length, bounded: false, scope: complete, oldestCreatedAt: null },
    ...{ sql: 'select …', samples },
  })
  const row = {
    ...{ id: '5', state: 'failed' as const, applied: true, risks: [...risks] },
    ...{
      before: { phase: '1', tries: '5' },
      after: { phase: '0', tries: '5' },
      message: message('5', 'pending'),
    },
  }
  return {
    ...{
      source,
      table: 'public.msg',
      profile: 'proposed',
      mapping,
      digest: DIGEST,
      confirmed: null,
      before: null,
    },
    unsafe: risks.map((risk) => ({ problem: risk, instead: 'set more' })),
    refusals: [{ action: 'resend', reason: 'no column for a claim', instead: 'Use retry' }],
    statements: [
      {
        ...{ name: 'list failed', text: 'select id from msg where is_dead', plan: ['Seq Scan on msg'] },
        warnings: ['no index serves it: all of msg is read'],
      },
      { name: 'retry', text: 'update msg set phase = 0', plan: ['Update on msg'], warnings: [] },
    ],
    states: [
      seen('failed', [message('5', 'failed'), message('6', 'failed')]),
      seen('unknown', [message('9', 'unknown')]),
    ],
    actions: [
      { action: 'retry', refusal: null, sql: 'update', applies: 1, rows: [row], risks: [...risks] },
      {
        action: 'resolve',
        refusal: { reason: 'not said', instead: 'Say it' },
        sql: null,
        applies: 0,
        rows: [],
        risks: [],
      },
    ],
  }
}

/** A source of which only the address is known: its table has no known layout, and a scan finds a proposal and a rival. */
export function unmapped(world: World, source: string, risks: readonly Risk[] = []): FakeMapping {
  const fake = mappingOf(world, source)
  fake.current = { table: 'public.msg', profile: 'auto', mapping: null, file: null }
  fake.candidates = [proposal, rival]
  const column = (name: string, type: string) => ({ name, type, nullable: true, comment: null })
  fake.tables = [
    {
      ...{ name: 'public.customers', comment: null, looksLikeOutbox: false, keys: [['id']] },
      columns: [column('id', 'bigint')],
    },
    {
      ...{ name: 'public.msg', comment: 'messages', looksLikeOutbox: true, keys: [['id']] },
      columns: [column('id', 'bigint'), column('phase', 'smallint'), column('tries', 'integer')],
    },
  ]
  fake.preview = (draft: MappingDraft | null) =>
    previewOf(source, risks, draft?.mapping ?? fake.current.mapping ?? {})
  world.switches.fail[`mappings.preview ${source}`] = errorOf('no-profile-matches', {
    profile: 'cap',
    columns: 'x',
  })
  return fake
}
