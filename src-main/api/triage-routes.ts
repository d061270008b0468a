import {
  handOver,
  notes as notesContract,
  views as viewsContract,
} from '../../src-preload/contract/triage.ts'
import type { Engine } from '../app/engine.ts'
import { implementer } from './implementer.ts'
import { required } from './signal.ts'

export function triageRoutes(engine: Engine) {
  const { notes, views, handOvers } = engine
  const os = implementer(engine, { notes: notesContract, views: viewsContract, handOver })
  return {
    notes: {
      add: os.notes.add.handler(({ input: { text, ...message } }) => notes.add(message, text)),
      assign: os.notes.assign.handler(async ({ input: { to, ...message } }) => ({
        assignment: await notes.assign(message, to),
      })),
      of: os.notes.of.handler(async ({ input: { source, messageId } }) => {
        const written = await notes.of(source, messageId)
        return { ...written, notes: [...written.notes] }
      }),
      marks: os.notes.marks.handler(async ({ input }) => {
        const { marks, bounded } = await notes.marks(input.source)
        return { marks: [...marks], bounded }
      }),
    },
    views: {
      list: os.views.list.handler(async () => ({ views: [...(await views.list())] })),
      save: os.views.save.handler(({ input }) => views.save(input)),
      remove: os.views.remove.handler(async ({ input }) => {
        await views.remove(input.view)
        return {}
      }),
    },
    handOver: {
      write: os.handOver.write.handler(async ({ input: { sinceHours, language }, signal }) => {
        const { text, since, until, sources } = await handOvers.write(
          { sinceHours, language },
          required(signal),
        )
        const silent = sources.filter(({ troubles }) => troubles === null)
        return {
          text,
          since,
          until,
          asked: sources.length,
          answered: sources.length - silent.length,
          silent: silent.map(({ source, environment }) => ({ source, environment })),
        }
      }),
    },
  }
}
