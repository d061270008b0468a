import type { ServiceBeat } from '../../domain/callback/state.ts'
import type { Owner } from '../../ports/job-store.ts'
import type { CallbackServices } from '../../ports/callback-store.ts'
import type { CallbackFile } from './callback-file.ts'
import type { Sqlite } from './database.ts'

interface Row {
  readonly since: string
  readonly startedAt: string
  readonly host: string | null
  readonly pid: number | null
  readonly instance: string | null
  /** JSON: written and read whole. */
  readonly beat: string | null
}

export function openCallbackServices(db: Sqlite, file: CallbackFile): CallbackServices {
  const get = db.prepare<[string], Row>(
    `SELECT since, started_at AS startedAt, owner_host AS host, owner_pid AS pid, owner_instance AS instance, beat
     FROM services WHERE source = ?`,
  )
  const put = db.prepare<unknown[]>(
    `INSERT INTO services (source, since, started_at, owner_host, owner_pid, owner_instance) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (source) DO UPDATE SET started_at = excluded.started_at, owner_host = excluded.owner_host,
       owner_pid = excluded.owner_pid, owner_instance = excluded.owner_instance, beat = NULL`,
  )
  const beat = db.prepare<[string, string, string]>(
    'UPDATE services SET beat = ? WHERE source = ? AND owner_instance = ?',
  )
  const end = db.prepare<[string, string]>(
    'UPDATE services SET owner_host = NULL, owner_pid = NULL, owner_instance = NULL WHERE source = ? AND owner_instance = ?',
  )
  return {
    service: async (source) =>
      file.look(() => {
        const row = get.get(source)
        if (row === undefined) return null
        const { since, startedAt, pid } = row
        const said = row.beat === null ? null : (JSON.parse(row.beat) as ServiceBeat)
        return { since, startedAt, pid, beat: said }
      }),
    begin: async (source, owner, alive) =>
      file.transact((at) => {
        const row = get.get(source)
        if (isTaken(row, owner, alive)) return false
        put.run(source, row?.since ?? at, at, owner.host, owner.pid, owner.instance)
        return true
      }),
    beat: async (source, owner, said) =>
      file.transact(() => beat.run(JSON.stringify(said), source, owner.instance).changes === 1),
    async end(source, owner) {
      file.transact(() => end.run(source, owner.instance))
    },
  }
}

/** By another process that is still there. */
function isTaken(row: Row | undefined, own: Owner, alive: (owner: Owner) => boolean): boolean {
  if (row === undefined || row.host === null || row.pid === null || row.instance === null) return false
  const { host, pid, instance } = row
  return instance !== own.instance && alive({ host, pid, instance })
}
