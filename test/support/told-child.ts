import { fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

/** A process that says when it is up, begins when it is told to, and answers with what it did when it is told to stop. */
export interface ToldChild<Done> {
  /** It is up, and waits for `begin`: one that is up later than others would find nothing left to do. */
  readonly ready: Promise<unknown>
  begin(): void
  stop(): Promise<Done>
}

/** `file`: a module of this folder; its argument goes out as JSON. Whoever waits for one that ends by itself gets an error. */
export function startToldChild<Done>(file: string, argument: object): ToldChild<Done> {
  const child = fork(resolve(import.meta.dirname, file), [JSON.stringify(argument)])
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended by itself with ${String(code)}`)
  })
  died.catch(() => undefined)
  return {
    ready: Promise.race([once(child, 'message'), died]),
    begin: () => void child.send('begin'),
    async stop() {
      const answer = once(child, 'message') as Promise<[Done]>
      child.send('stop')
      const [done] = await Promise.race([answer, died])
      return done
    },
  }
}
