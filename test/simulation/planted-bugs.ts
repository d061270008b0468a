import Database from 'better-sqlite3'
import { publish } from '../../src-main/ports/broker.ts'
import { claimTokenOf } from '../../src-main/domain/claim-token.ts'
import type { PublishOutcome } from '../../src-main/domain/outcome.ts'
import type { MarkRequest, Outbox } from '../../src-main/ports/outbox.ts'
import { jobStore, markOnly, outbox, publishing } from './planting.ts'
import { plantedRunBugs } from './planted-run-bugs.ts'
import type { Planted } from './run-seed.ts'

const confirmed: PublishOutcome = { outcome: 'confirmed' }
const NEVER_SENT: PublishOutcome = { outcome: 'refused', code: 'channel-closed', reason: 'planted' }
const never = new AbortController().signal

/** Each is a bug that somebody could write, with the property that must notice it. */
export const plantedBugs: Readonly<Record<string, Planted>> = {
  ...plantedRunBugs,
  'calls an unknown outcome confirmed': {
    breaks: 'nothing acknowledged is lost',
    ports: publishing(() => async (real, message, signal) => {
      const answer = await publish(real, message, signal)
      return answer.outcome === 'unknown' ? confirmed : answer
    }),
  },
  'swallows what came back': {
    breaks: 'nothing acknowledged is lost',
    ports: publishing(() => async (real, message, signal) => {
      const answer = await publish(real, message, signal)
      return answer.outcome === 'returned' ? confirmed : answer
    }),
  },
  'writes the payload anew': {
    breaks: 'nothing unexpected appears',
    ports: publishing(
      () => (real, message, signal) =>
        publish(
          real,
          { ...message, payload: JSON.stringify(JSON.parse(message.payload ?? ''), null, 1) },
          signal,
        ),
    ),
  },
  'calls a lost answer refused': {
    breaks: 'nothing unexpected appears',
    ports: publishing(() => async (real, message, signal) => {
      const answer = await publish(real, message, signal)
      return answer.outcome === 'unknown' ? { ...answer, outcome: 'refused' } : answer
    }),
  },
  'calls a confirmed row failed': {
    breaks: 'duplicates only where an outcome was unknown',
    ports: outbox((real) => ({
      mark: (requests, token, signal) =>
        real.mark(
          requests.map((request) => ({ ...request, as: 'fail', reason: 'planted' })),
          token,
          signal,
        ),
    })),
  },
  'sends again by itself after a lost answer': {
    breaks: 'duplicates only where an outcome was unknown',
    ports: publishing(() => async (real, message, signal) => {
      const answer = await publish(real, message, signal)
      return answer.outcome === 'unknown' ? publish(real, message, signal) : answer
    }),
  },
  'sends again what was under way when it died': {
    breaks: 'duplicates only where an outcome was unknown',
    ports: jobStore((real) => ({
      moveItems: (job, owner, steps) =>
        real.moveItems(
          job,
          owner,
          steps.map(({ moves, entry }) => ({
            moves: moves.map((move) =>
              move.code === 'process-ended' ? { seq: move.seq, from: move.from, to: 'claiming' } : move,
            ),
            entry,
          })),
        ),
    })),
  },
  'sends each message twice': {
    breaks: 'an attempt is counted before its publish',
    ports: publishing(() => async (real, message, signal) => {
      await publish(real, message, signal)
      return publish(real, message, signal)
    }),
  },
  'publishes before the claim': {
    breaks: 'an attempt is counted before its publish',
    ports: outbox((real) => ({
      claim: async (requests, _token, signal) => {
        const rows = await real.read(
          requests.map(({ id }) => id),
          signal,
        )
        return rows.map(({ id, version, attempts: had, content }) => ({
          ...{ id, claimed: true, version, attempts: had ?? 0, content },
        }))
      },
    })),
  },
  'does not wait for the one before': {
    breaks: 'a chain goes out in sequence',
    ports: publishing(() => (real, message, signal) => {
      void publish(real, message, signal)
      return Promise.resolve(confirmed)
    }),
  },
  'does not mark what was confirmed': {
    breaks: 'every item ends',
    ports: markOnly(({ as }) => as !== 'confirm'),
  },
  'does not give claims back': {
    breaks: 'every item ends',
    ports: markOnly(({ as }) => as !== 'release'),
  },
  'forgets what was being published when it died': {
    breaks: 'every item ends',
    ports: (ports) => ({
      ...ports,
      jobReader: {
        ...ports.jobReader,
        items: (job, query) =>
          query.states?.includes('publishing') ? Promise.resolve([]) : ports.jobReader.items(job, query),
      },
    }),
  },
  'alters an entry of the journal': {
    breaks: 'the journal is intact',
    ports: (ports, storeFile) => ({
      ...ports,
      jobStore: {
        ...ports.jobStore,
        startJob: async (job, entry) => {
          const started = await ports.jobStore.startJob(job, entry)
          alterJournal(storeFile)
          return started
        },
      },
    }),
  },
  'writes the intent after the publish': {
    breaks: 'intent first',
    ports: jobStore((real, { clock }) => {
      let last: Promise<void> = Promise.resolve()
      return {
        moveItems: (job, owner, steps) => {
          const early = steps.some(({ entry }) => entry.action === 'job-publishing')
          last = last
            .then(() => (early ? clock.sleep(50, never) : undefined))
            .then(() => real.moveItems(job, owner, steps))
          return early ? Promise.resolve() : last
        },
      }
    }),
  },
  'marks a row before the outcome is on disk': {
    breaks: 'intent first',
    ports: (ports) => {
      const planted = publishing(() => async (real, message, signal) => {
        const answer = await publish(real, message, signal)
        const job = String(message.redriveHeaders['x-redrive-job'])
        const request = { as: 'confirm', reason: null, stateBefore: 'failed' } as const
        if (answer.outcome === 'confirmed')
          await marker?.([{ ...request, id: message.messageId.replace('m-', '') }], claimTokenOf(job), signal)
        return answer
      })
      let marker: Outbox['mark'] | null = null
      const noted = outbox((real) => {
        marker = (requests, token, signal) => real.mark(requests, token, signal)
        return {}
      })
      return noted(planted(ports, ''), '')
    },
  },
  'does not ask for the lock': {
    breaks: 'read-only until unlocked',
    engine: ({ locks }) => {
      locks.require = () => undefined
    },
  },
  'marks unknown outcomes as sent by itself': {
    breaks: 'unknown stays unknown until somebody decides',
    ports: (ports) => {
      const lost: MarkRequest[] = []
      const noting = jobStore((real) => ({
        moveItems: async (job, owner, steps) => {
          await real.moveItems(job, owner, steps)
          for (const { entry } of steps) {
            const { others = [] } = entry.detail as {
              readonly others?: readonly { id: string; outcome: string }[]
            }
            for (const { id, outcome } of others)
              if (outcome === 'unknown') lost.push({ id, as: 'confirm', reason: null, stateBefore: 'failed' })
          }
        },
      }))
      const marking = outbox((real) => ({
        mark: (requests, token, signal) => real.mark([...requests, ...lost.splice(0)], token, signal),
      }))
      return marking(noting(ports, ''), '')
    },
  },
  'gives back what was sent': {
    breaks: 'only what never went out is given back',
    ports: publishing(() => async (real, message, signal) => {
      const answer = await publish(real, message, signal)
      return answer.outcome === 'unknown' ? NEVER_SENT : answer
    }),
  },
  'passes rows over': {
    breaks: 'what can be delivered ends delivered',
    ports: outbox((real) => ({
      claim: async (requests, token, signal) => {
        const passed = requests.filter(({ id }) => Number(id) % 3 === 0)
        const others = requests.filter((request) => !passed.includes(request))
        const answers = await real.claim(others, token, signal)
        return [...answers, ...passed.map(({ id }) => ({ id, claimed: false }) as const)]
      },
    })),
  },
  'waits for an answer without a limit': {
    breaks: 'nothing hangs',
    ports: publishing(() => async (real, message, signal) => {
      const answer = await publish(real, message, signal)
      return 'code' in answer && answer.code === 'confirm-timeout' ? new Promise(() => undefined) : answer
    }),
  },
  'does not recover': {
    breaks: 'nothing hangs',
    engine: (engine) => {
      engine.recover = () => Promise.resolve()
    },
  },
  'trips over an empty answer': {
    breaks: 'no surprise error',
    ports: outbox((real) => ({
      mark: async (requests, token, signal) => {
        const answers = await real.mark(requests, token, signal)
        return answers.map((answer) => {
          if (!answer.marked) throw new TypeError('cannot read properties of undefined')
          return answer
        })
      },
    })),
  },
}

/** Somebody with a copy of SQLite and something to hide. */
function alterJournal(storeFile: string): void {
  const db = new Database(storeFile)
  const triggers = db
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    .all()
  for (const { name } of triggers) db.exec(`DROP TRIGGER "${name}"`)
  db.prepare("UPDATE journal SET operator = 'nobody' WHERE seq = 1").run()
  db.close()
}
