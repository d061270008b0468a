import { emitKeypressEvents } from 'node:readline'
import type { Key } from 'node:readline'
import { RedriveError } from '../../domain/errors.ts'

interface Terminal {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
}

/** Asks for a password without showing it. Undefined where nobody sits at a terminal. */
export function passwordPrompt(
  terminal: Terminal = { input: process.stdin, output: process.stderr },
): ((name: string) => Promise<string>) | undefined {
  if (!terminal.input.isTTY) return undefined
  let queue: Promise<unknown> = Promise.resolve()
  return (name) => {
    // One question at a time, whoever asks.
    const answer = queue.then(() => readHidden(terminal, name))
    queue = answer.catch(() => undefined)
    return answer
  }
}

function readHidden({ input, output }: Terminal, name: string): Promise<string> {
  output.write(`Password of ${name}: `)
  emitKeypressEvents(input)
  input.setRawMode(true)
  input.resume()
  let typed = ''
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      input.off('keypress', onKey)
      input.setRawMode(false)
      input.pause()
      output.write('\n')
    }
    const onKey = (text: string | undefined, key: Key): void => {
      if (key.ctrl === true && (key.name === 'c' || key.name === 'd')) {
        finish()
        reject(new RedriveError('cancelled', 'never'))
      } else if (key.name === 'return' || key.name === 'enter') {
        finish()
        resolve(typed)
      } else if (key.name === 'backspace') {
        typed = typed.slice(0, -1)
      } else if (text !== undefined && key.ctrl !== true) {
        typed += text
      }
    }
    input.on('keypress', onKey)
  })
}
