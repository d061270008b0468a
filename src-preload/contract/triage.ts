import { z } from 'zod'
import { environment, id, name, procedure, time } from './base.ts'

export const NOTE_CHARS_MAX = 2_000
export const note = z.object({
  note: id,
  source: name,
  /** Row id; the note belongs to the message id. */
  id,
  messageId: z.string(),
  author: z.string(),
  at: time,
  text: z.string(),
})
export type Note = z.infer<typeof note>
export const assignment = z.object({
  source: name,
  id,
  messageId: z.string(),
  assignee: z.string(),
  at: time,
})
export type Assignment = z.infer<typeof assignment>

export const messageMark = z.object({
  id,
  messageId: z.string(),
  notes: z.number().int().nonnegative(),
  assignee: z.string().nullable(),
})
export type MessageMark = z.infer<typeof messageMark>

const noted = { source: name, id, messageId: z.string().min(1).max(400) }

/** Plain text beside a message, kept here and in the journal; nothing is written into the source. */
export const notes = {
  add: procedure
    .input(z.strictObject({ ...noted, text: z.string().trim().min(1).max(NOTE_CHARS_MAX) }))
    .output(note),
  assign: procedure
    .input(z.strictObject({ ...noted, to: z.enum(['me', 'none']) }))
    .output(z.object({ assignment: assignment.nullable() })),
  /** Of one message, oldest first; the source is not asked. */
  of: procedure
    .input(z.strictObject({ source: name, messageId: noted.messageId }))
    .output(z.object({ notes: z.array(note), assignment: assignment.nullable() })),
  /** Messages of a source with something written down, the newest first; `bounded`: there are more. */
  marks: procedure
    .input(z.strictObject({ source: name }))
    .output(z.object({ marks: z.array(messageMark), bounded: z.boolean() })),
}

export const VIEW_NAME_CHARS_MAX = 60
const viewFields = {
  name: z.string().trim().min(1).max(VIEW_NAME_CHARS_MAX),
  /** The query line; it may say where to look. */
  query: z.string().max(1_500),
  /** The source it looks at; null: the query says where. */
  source: name.nullable(),
  grouping: z.enum(['type', 'error', 'destination']),
  order: z.enum(['newest', 'oldest']),
}
export const savedView = z.object({ view: id, ...viewFields, savedBy: z.string(), savedAt: time })
export type SavedView = z.infer<typeof savedView>

/** Queries with a name, the same for every window of this machine. */
export const views = {
  list: procedure.input(z.strictObject({})).output(z.object({ views: z.array(savedView) })),
  /** `view` null: a new one. Throws `name-in-use`. */
  save: procedure.input(z.strictObject({ view: id.nullable(), ...viewFields })).output(savedView),
  remove: procedure.input(z.strictObject({ view: id })).output(z.object({})),
}

export const HAND_OVER_HOURS_MAX = 24 * 14
/** What is told at the end of a shift. */
export const handOver = {
  /** The text is Markdown. `answered` of `asked` sources: what the others hold is not known, and the text says so. */
  write: procedure
    .input(
      z.strictObject({
        sinceHours: z.number().positive().max(HAND_OVER_HOURS_MAX),
        language: z.enum(['en', 'zh-CN']),
      }),
    )
    .output(
      z.object({
        text: z.string(),
        since: time,
        until: time,
        asked: z.number().int(),
        answered: z.number().int(),
        silent: z.array(z.object({ source: name, environment })),
      }),
    ),
}
