import { samplesKept, weightOf } from '../../domain/sample.ts'
import type { Sample, SourceSample, Subject } from '../../domain/sample.ts'
import type { SampleStore } from '../../ports/sample-store.ts'
import { THIN_EVERY_MS } from '../store-rows/limits.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

interface SampleRow {
  /** JSON: written once, read whole. */
  readonly sample: string
}

export function openSamples(db: Sqlite, ledger: Ledger): SampleStore {
  // Taken by a clock that was set back since: not for ever.
  const take = db.prepare<Subject & { atMs: number; notSinceMs: number }>(
    `INSERT INTO sample_turns (kind, name, taken_ms) VALUES (@kind, @name, @atMs)
     ON CONFLICT (kind, name) DO UPDATE SET taken_ms = excluded.taken_ms
     WHERE taken_ms <= @notSinceMs OR taken_ms > 2 * @atMs - @notSinceMs`,
  )
  const insert = db.prepare<[string, string, number, number, string]>(
    `INSERT INTO samples (kind, name, at_ms, weight, sample) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const since = db.prepare<{ source: string | null; fromMs: number }, SampleRow>(
    `SELECT sample FROM samples WHERE kind = 'source' AND (@source IS NULL OR name = @source) AND at_ms >= @fromMs
     ORDER BY name, at_ms`,
  )
  const latest = db.prepare<[], SampleRow>(
    `SELECT sample FROM samples s JOIN
       (SELECT kind, name, max(at_ms) AS at_ms FROM samples GROUP BY kind, name) USING (kind, name, at_ms)`,
  )
  const thin = thinner(db)
  let thinnedAtMs = Number.NEGATIVE_INFINITY
  return {
    take: async (subjects, atMs, notSinceMs) =>
      ledger.transact(() =>
        subjects.filter(({ kind, name }) => take.run({ kind, name, atMs, notSinceMs }).changes === 1),
      ),
    async add(samples, nowMs) {
      if (samples.length === 0) return
      ledger.transact(() => {
        for (const sample of samples)
          insert.run(sample.kind, sample.name, sample.atMs, weightOf(sample), JSON.stringify(sample))
        if (Math.abs(nowMs - thinnedAtMs) < THIN_EVERY_MS) return
        thin(nowMs)
        thinnedAtMs = nowMs
      })
    },
    sources: async (query) => ledger.look(() => since.all(query).map((row) => parsed(row) as SourceSample)),
    latest: async () => ledger.look(() => latest.all().map(parsed)),
  }
}

function thinner(db: Sqlite): (nowMs: number) => void {
  const { thin, ageMsMax, rowsMax } = samplesKept
  const expire = db.prepare<[number]>('DELETE FROM samples WHERE at_ms < ?')
  const stretch = db.prepare<{ beforeMs: number; everyMs: number }>(
    `DELETE FROM samples WHERE (kind, name, at_ms) IN (
       SELECT kind, name, at_ms FROM (
         SELECT kind, name, at_ms, row_number() OVER (
           PARTITION BY kind, name, at_ms / CAST(@everyMs AS INTEGER) ORDER BY weight DESC, at_ms DESC) AS place
         FROM samples WHERE at_ms < @beforeMs)
       WHERE place > 1)`,
  )
  const overflow = db.prepare<[number]>(
    `DELETE FROM samples WHERE at_ms <= (SELECT at_ms FROM samples ORDER BY at_ms DESC LIMIT 1 OFFSET ?)`,
  )
  return (nowMs) => {
    expire.run(nowMs - ageMsMax)
    for (const { afterMs, everyMs } of thin) {
      // Whole stretches only: of one that is not over yet, what is the worst is not known.
      const beforeMs = Math.floor((nowMs - afterMs) / everyMs) * everyMs
      stretch.run({ beforeMs, everyMs })
    }
    overflow.run(rowsMax)
  }
}

function parsed({ sample }: SampleRow): Sample {
  return JSON.parse(sample) as Sample
}
