/** What operators write down beside the messages: nothing of it stands in a source. */
export interface Note {
  readonly note: string
  readonly source: string
  /** Row id, for the way back to the message; it is known by its message id. */
  readonly id: string
  readonly messageId: string
  readonly author: string
  readonly at: string
  readonly text: string
}

/** Who looks after a message. */
export interface Assignment {
  readonly source: string
  readonly id: string
  readonly messageId: string
  readonly assignee: string
  readonly at: string
}

/** That there is something written down of a message, for the list. */
export interface MessageMark {
  readonly id: string
  readonly messageId: string
  readonly notes: number
  readonly assignee: string | null
}

/** A query with a name. */
export interface SavedView {
  readonly view: string
  readonly name: string
  /** The query line, with its scope where it names one. */
  readonly query: string
  /** The source it looks at; null: the query says where. */
  readonly source: string | null
  readonly grouping: 'type' | 'error' | 'destination'
  readonly order: 'newest' | 'oldest'
  readonly savedBy: string
  readonly savedAt: string
}
