import type { Assignment, MessageMark, Note } from '../../domain/triage.ts'
import type { NoteStore } from '../../ports/triage-store.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'

/** Messages with notes that one answer names. */
export const MARKS_MAX = 2_000

export interface NotedMessage {
  readonly source: string
  readonly id: string
  readonly messageId: string
}

export interface Notes {
  /** Throws `source-unknown`. The source itself is not asked: it may be what does not answer. */
  add(message: NotedMessage, text: string): Promise<Note>
  /** To the operator, or to nobody. */
  assign(message: NotedMessage, to: 'me' | 'none'): Promise<Assignment | null>
  /** Of one message. */
  of(source: string, messageId: string): ReturnType<NoteStore['of']>
  /** `bounded`: there are more, older ones. */
  marks(source: string): Promise<{ readonly marks: readonly MessageMark[]; readonly bounded: boolean }>
}

export function createNotes(ports: EnginePorts, connections: Connections, changes: Changes): Notes {
  const { noteStore, ids, operator } = ports
  return {
    async add(message, text) {
      await connections.source(message.source)
      const note = { note: ids.next('note'), ...message, author: operator(), text }
      const saved = await noteStore.add(note, {
        action: 'note-added',
        operator: operator(),
        source: message.source,
        subject: note.note,
        detail: { id: message.id, messageId: message.messageId, text },
      })
      changes.bump()
      return saved
    },
    async assign(message, to) {
      await connections.source(message.source)
      const assignee = to === 'me' ? operator() : null
      const saved = await noteStore.assign(message, assignee, {
        action: 'message-assigned',
        operator: operator(),
        source: message.source,
        subject: null,
        detail: { id: message.id, messageId: message.messageId, assignee },
      })
      changes.bump()
      return saved
    },
    of: (source, messageId) => noteStore.of(source, messageId),
    async marks(source) {
      const marks = await noteStore.marks(source, MARKS_MAX + 1)
      return { marks: marks.slice(0, MARKS_MAX), bounded: marks.length > MARKS_MAX }
    },
  }
}
