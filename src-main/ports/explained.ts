import type { Text } from '../domain/text.ts'

/** One statement that Redrive would send, and how the server would carry it out. Nothing of it has happened. */
export interface ExplainedStatement {
  /** What it is for: `list failed`, `retry`. */
  readonly name: string
  readonly text: string
  /** The server's plan, line by line. Empty where it refused to make one: `warnings` says why. */
  readonly plan: readonly string[]
  readonly warnings: readonly Text[]
}

/** Same failure contract as the outbox. */
export interface ExplainRows {
  /** The statements of the mapping with placeholders for their values, in the order of the work. */
  explain(signal: AbortSignal): Promise<readonly ExplainedStatement[]>
}
