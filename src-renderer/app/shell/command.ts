/** One line of the palette. */
export interface Command {
  readonly key: string
  readonly label: string
  readonly keys?: string
  run(): void
}
