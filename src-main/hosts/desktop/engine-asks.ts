/** Questions to another process, each with its number; whoever ends answers all that are open. */
export interface Asks<Answer> {
  ask(send: (request: number) => void): Promise<Answer>
  answer(request: number, answer: Answer): void
  end(answer: Answer): void
}

export function createAsks<Answer>(): Asks<Answer> {
  const open = new Map<number, (answer: Answer) => void>()
  let requests = 0
  return {
    ask(send) {
      requests += 1
      const request = requests
      return new Promise((resolve) => {
        open.set(request, resolve)
        send(request)
      })
    },
    answer(request, answer) {
      open.get(request)?.(answer)
      open.delete(request)
    },
    end(answer) {
      for (const resolve of open.values()) resolve(answer)
      open.clear()
    },
  }
}
