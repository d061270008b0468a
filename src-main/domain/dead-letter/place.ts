/** A queue of dead letters as jobs, locks and the journal name it: `broker/queue`. Sources have no slash in their names. */
export interface DeadLetterPlace {
  readonly broker: string
  readonly queue: string
}

export function placeName({ broker, queue }: DeadLetterPlace): string {
  return `${broker}/${queue}`
}

/** Null: it is the name of a source. */
export function deadLetterPlace(name: string): DeadLetterPlace | null {
  const at = name.indexOf('/')
  return at < 0 ? null : { broker: name.slice(0, at), queue: name.slice(at + 1) }
}
