import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

const SCRIPT = resolve(import.meta.dirname, '../../resources/on-call-night.md')
const STEP = /^\d+\. (?:Press `([^`]+)`|Type `([^`]+)`|Click \*\*([^*]+)\*\*)(?:: "([^"]+)")?$/

export interface Step {
  readonly press: string | null
  readonly type: string | null
  readonly click: string | null
  /** What is on the page before the next step is taken. */
  readonly shows: string | null
}
export interface Task {
  readonly number: number
  readonly question: string
  readonly steps: readonly Step[]
  readonly answer: string
}

/** The tasks of the night, as they are written for people: a line that this cannot read is no step, and a fault. */
export async function readTasks(): Promise<readonly Task[]> {
  const [, ...sections] = (await readFile(SCRIPT, 'utf8')).split(/^## /m)
  return sections.map((section) => {
    const [title = '', ...lines] = section.split('\n').filter((line) => line !== '')
    const [, number, question = ''] = /^(\d+)\. (.+)$/.exec(title) ?? []
    const answer = lines.at(-1)?.match(/^> (.+)$/)?.[1]
    if (answer === undefined) throw new Error(`no answer to: ${title}`)
    return { number: Number(number), question, steps: lines.slice(0, -1).map(stepOf), answer }
  })
}

function stepOf(line: string): Step {
  const step = STEP.exec(line)
  if (step === null) throw new Error(`not a step: ${line}`)
  const [, press = null, type = null, click = null, shows = null] = step
  return { press, type, click, shows }
}
