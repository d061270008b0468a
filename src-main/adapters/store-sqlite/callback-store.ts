import type { CallbackStore } from '../../ports/callback-store.ts'
import type { Clock } from '../../ports/surroundings.ts'
import type { CallbackFile } from './callback-file.ts'
import { openCallbackIntake } from './callback-intake.ts'
import { callbackMigrations } from './callback-migrations.ts'
import { openCallbackReading } from './callback-reading.ts'
import { openCallbackServices } from './callback-services.ts'
import { classify, openDatabase } from './database.ts'

export interface OpenedCallbackStore extends CallbackStore {
  close(): void
}

/**
 * A file of its own beside the job store: thousands of confirmations a second do not stand in the way of a job's journal,
 * and a console may look while the service writes. Throws as `openStore` does.
 */
export function openCallbackStore({
  path,
  clock,
}: {
  readonly path: string
  readonly clock: Clock
}): OpenedCallbackStore {
  const db = openDatabase(path, callbackMigrations)
  const file: CallbackFile = {
    transact(work) {
      try {
        const at = clock.now().toISOString()
        return db.transaction(() => work(at)).immediate()
      } catch (error) {
        throw classify(error, path)
      }
    },
    look(work) {
      try {
        return work()
      } catch (error) {
        throw classify(error, path)
      }
    },
  }
  return {
    intake: openCallbackIntake(db, file),
    reading: openCallbackReading(db, file),
    services: openCallbackServices(db, file),
    close: () => void db.close(),
  }
}
