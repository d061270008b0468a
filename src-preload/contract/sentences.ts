/** What happened, what it means for the messages, what to do next. `{name}` stands for a value of the detail. */
export interface Sentences {
  readonly what: string
  readonly means: string
  readonly next: string
}

export const nothingSent = 'Nothing was sent and no row was changed.'
