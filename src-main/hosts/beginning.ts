import type { Engine } from '../app/engine.ts'
import { isOfStore, RedriveError } from '../domain/errors.ts'
import type { Clock, Log } from '../ports/surroundings.ts'

const AGAIN_MS = 5_000

export interface Beginning {
  readonly host: 'desktop' | 'http' | 'cli'
  readonly log: Log
  readonly clock: Clock
  readonly engine: Engine
  /** Starts the schedules. */
  readonly start: (engine: Engine) => Promise<void>
}

/**
 * Where the store takes nothing the console stands all the same, to look at, and it is tried again. A command of the command
 * line does only what it was told to: it goes on, and fails by itself where it has to write.
 */
export async function begin(it: Beginning, ending: AbortSignal): Promise<void> {
  const { engine, host, log, clock } = it
  try {
    await engine.recover()
  } catch (error) {
    if (!(error instanceof RedriveError && isOfStore(error.code))) throw error
    log.warn({ code: error.code, ...error.detail }, 'not-recovered')
    if (host === 'cli') return
    const again = clock.sleep(AGAIN_MS, ending).then(() => begin(it, ending))
    again.catch((failure: unknown) => {
      if (!ending.aborted) log.warn({ reason: String(failure) }, 'not-recovered')
    })
    return
  }
  if (host !== 'cli') await it.start(engine)
}
