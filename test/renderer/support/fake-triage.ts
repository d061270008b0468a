import { implement } from '@orpc/server'
import { handOver, notes, views, type Assignment, type Note } from '../../../src-preload/contract/triage.ts'
import { changed, iso, meet, note as journal, refuse, sourceOf, type World } from './fake-world.ts'

const HOUR_MS = 3_600_000

export function fakeTriage(world: World) {
  return { notes: fakeNotes(world), views: fakeViews(world), handOver: fakeHandOver(world) }
}

function fakeNotes(world: World) {
  const os = implement(notes)
  const find = (source: string, messageId: string) =>
    sourceOf(world, source).messages.find((message) => message.messageId === messageId) ??
    refuse('message-not-found', { id: messageId })
  return {
    add: os.add.handler(async ({ input: { text, ...noted } }) => {
      await meet(world, 'notes.add', noted.source)
      const message = find(noted.source, noted.messageId)
      const made: Note = {
        note: `note-${world.journal.length + 1}`,
        ...noted,
        author: world.operator,
        at: iso(world.now()),
        text,
      }
      message.notes.push(made)
      journal(world, { action: 'note-added', source: noted.source, subject: made.note, detail: { text } })
      changed(world)
      return made
    }),
    assign: os.assign.handler(async ({ input: { to, ...noted } }) => {
      await meet(world, 'notes.assign', noted.source)
      const message = find(noted.source, noted.messageId)
      const at = iso(world.now())
      const assignment: Assignment | null = to === 'me' ? { ...noted, assignee: world.operator, at } : null
      message.assignment = assignment
      changed(world)
      return { assignment }
    }),
    of: os.of.handler(async ({ input: { source, messageId } }) => {
      const { notes: written, assignment } = find(source, messageId)
      return { notes: written, assignment }
    }),
    marks: os.marks.handler(async ({ input }) => {
      await meet(world, 'notes.marks', input.source)
      const marks = sourceOf(world, input.source)
        .messages.filter(({ notes: written, assignment }) => written.length > 0 || assignment !== null)
        .map(({ id, messageId, notes: written, assignment }) => ({
          id,
          messageId,
          notes: written.length,
          assignee: assignment?.assignee ?? null,
        }))
      return { marks, bounded: false }
    }),
  }
}

function fakeViews(world: World) {
  const os = implement(views)
  return {
    list: os.list.handler(async () => {
      await meet(world, 'views.list', null)
      return { views: [...world.views.values()].sort((a, b) => a.name.localeCompare(b.name)) }
    }),
    save: os.save.handler(async ({ input }) => {
      await meet(world, 'views.save', null)
      const view = input.view ?? `view-${world.views.size + 1}`
      if ([...world.views.values()].some((one) => one.name === input.name && one.view !== view))
        refuse('name-in-use', { name: input.name })
      const saved = { ...input, view, savedBy: world.operator, savedAt: iso(world.now()) }
      world.views.set(view, saved)
      changed(world)
      return saved
    }),
    remove: os.remove.handler(async ({ input }) => {
      world.views.delete(input.view)
      changed(world)
      return {}
    }),
  }
}

function fakeHandOver(world: World) {
  const os = implement(handOver)
  return {
    write: os.write.handler(async ({ input: { sinceHours, language } }) => {
      await meet(world, 'handOver.write', null)
      const until = world.now()
      const sources = [...world.sources.values()].map(({ connection }) => connection)
      const silent = sources.filter(({ name }) => world.switches.fail[`overview.error ${name}`] !== undefined)
      return {
        text: `# ${language === 'en' ? 'Hand-over' : '交接'}, ${sinceHours} h\n\n${sources.length} sources\n`,
        since: iso(until - sinceHours * HOUR_MS),
        until: iso(until),
        asked: sources.length,
        answered: sources.length - silent.length,
        silent: silent.map(({ name, environment }) => ({ source: name, environment })),
      }
    }),
  }
}
