/** The query line of the bar registers itself here, so that a key or a command can put the cursor into it. */
let input: { focus(): void } | null = null

export function registerQueryLine(line: { focus(): void } | null): void {
  input = line
}

export function focusQuery(): void {
  input?.focus()
}
