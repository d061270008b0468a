/** What the application did to the simulated Electron, told to the test that started it, and what the test may ask. */
export interface SimRecord {
  readonly kind: string
  readonly detail: unknown
}
type Answer = (detail: unknown) => unknown

const answers = new Map<string, Answer>()

export function record(kind: string, detail: unknown): void {
  process.send?.({ sim: 'record', record: { kind, detail } })
}

/** The test may ask `question`; what `answer` gives goes back to it. */
export function answerTo(question: string, answer: Answer): void {
  answers.set(question, answer)
}

export function listenToTest(): void {
  process.on('message', (message: { sim?: string; id?: number; question?: string; detail?: unknown }) => {
    if (message.sim !== 'ask') return
    const answer = answers.get(message.question ?? '')
    void Promise.resolve(answer?.(message.detail)).then((value) =>
      process.send?.({ sim: 'answer', id: message.id, value: value ?? null }),
    )
  })
}
