import { samplesKept, weightOf } from '../../domain/sample.ts'
import type { Sample, SourceSample, Subject } from '../../domain/sample.ts'
import type { SampleStore } from '../../ports/sample-store.ts'
import { THIN_EVERY_MS } from '../store-rows/limits.ts'
import type { Queries } from './database.ts'
import type { Ledger } from './ledger.ts'

interface SampleRow {
  /** JSON: written once, read whole. */
  readonly sample: string
}

// Taken by a clock that was set back since: not for ever.
const TAKE = `
  INSERT INTO sample_turns AS known (kind, name, taken_ms) VALUES ($1, $2, $3)
  ON CONFLICT (kind, name) DO UPDATE SET taken_ms = excluded.taken_ms
  WHERE known.taken_ms <= $4 OR known.taken_ms > 2 * $3::bigint - $4`

const INSERT = `
  INSERT INTO samples (kind, name, at_ms, weight, sample)
  SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[])
  ON CONFLICT DO NOTHING`

export function openSamples(ledger: Ledger): SampleStore {
  let thinnedAtMs = Number.NEGATIVE_INFINITY
  return {
    take: (subjects, atMs, notSinceMs) =>
      ledger.transact(async ({ run }) => {
        const taken: Subject[] = []
        for (const subject of subjects) {
          if ((await run(TAKE, subject.kind, subject.name, atMs, notSinceMs)) === 1) taken.push(subject)
        }
        return taken
      }),
    async add(samples, nowMs) {
      if (samples.length === 0) return
      await ledger.transact(async (scope) => {
        await scope.run(
          INSERT,
          samples.map(({ kind }) => kind),
          samples.map(({ name }) => name),
          samples.map(({ atMs }) => atMs),
          samples.map(weightOf),
          samples.map((sample) => JSON.stringify(sample)),
        )
        if (Math.abs(nowMs - thinnedAtMs) >= THIN_EVERY_MS) await thin(scope, nowMs)
      })
      if (Math.abs(nowMs - thinnedAtMs) >= THIN_EVERY_MS) thinnedAtMs = nowMs
    },
    sources: ({ source, fromMs }) =>
      ledger.look(async (queries) => {
        const rows = await queries.all<SampleRow>(
          `SELECT sample FROM samples WHERE kind = 'source' AND ($1::text IS NULL OR name = $1) AND at_ms >= $2
           ORDER BY name, at_ms`,
          source,
          fromMs,
        )
        return rows.map((row) => parsed(row) as SourceSample)
      }),
    latest: async () => {
      const select = 'SELECT DISTINCT ON (kind, name) sample FROM samples ORDER BY kind, name, at_ms DESC'
      return (await ledger.look((queries) => queries.all<SampleRow>(select))).map(parsed)
    },
  }
}

async function thin({ run }: Queries, nowMs: number): Promise<void> {
  const { thin: stretches, ageMsMax, rowsMax } = samplesKept
  await run('DELETE FROM samples WHERE at_ms < $1', nowMs - ageMsMax)
  for (const { afterMs, everyMs } of stretches) {
    // Whole stretches only: of one that is not over yet, what is the worst is not known.
    const beforeMs = Math.floor((nowMs - afterMs) / everyMs) * everyMs
    await run(
      `DELETE FROM samples WHERE (kind, name, at_ms) IN (
         SELECT kind, name, at_ms FROM (
           SELECT kind, name, at_ms, row_number() OVER (
             PARTITION BY kind, name, at_ms / $2::bigint ORDER BY weight DESC, at_ms DESC) AS place
           FROM samples WHERE at_ms < $1) ranked
         WHERE place > 1)`,
      beforeMs,
      everyMs,
    )
  }
  await run(
    'DELETE FROM samples WHERE at_ms <= (SELECT at_ms FROM samples ORDER BY at_ms DESC LIMIT 1 OFFSET $1)',
    rowsMax,
  )
}

function parsed({ sample }: SampleRow): Sample {
  return JSON.parse(sample) as Sample
}
