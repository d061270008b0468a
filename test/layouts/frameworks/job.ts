import type { LayoutRow } from '../layout.ts'

const READ_ONLY = 'a job queue with a console of its own; its states are tied by constraints and functions'
export const readOnly = {
  engine: 'postgres',
  untouchable: ['*'],
  refuses: { resend: READ_ONLY, retry: READ_ONLY, resolve: READ_ONLY, edit: READ_ONLY },
} as const

type State = LayoutRow['shows']['state']
export interface Job {
  readonly is: string
  readonly status: string
  readonly state: State
  readonly trouble?: 'stuck' | 'failed'
  readonly attempts: number
  readonly relayed: boolean
  readonly dueSec: number
}

const finished: ReadonlySet<State> = new Set(['sent', 'discarded'])

/** The part of every row of a job queue that does not depend on its columns. */
export function looked(job: Job, messageId: string, type: string, queue: string): Omit<LayoutRow, 'cells'> {
  const { is, state, trouble = null, attempts, relayed } = job
  const outcome = finished.has(state) ? 'finished' : 'own-tool'
  const destination = { queue, handler: type }
  return {
    is,
    relayed,
    retry: outcome,
    resolve: outcome,
    shows: { messageId, type, state, trouble, attempts, destination },
  }
}

export const job = (
  is: string,
  status: string,
  state: State,
  rest: Omit<Job, 'is' | 'status' | 'state'>,
): Job => ({
  is,
  status,
  state,
  ...rest,
})
