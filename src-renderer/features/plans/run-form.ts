import type { Environment } from '../../../src-preload/contract/base.ts'
import { RATE_MAX, type Brake, type RunOptions } from '../../../src-preload/contract/jobs.ts'

/** How to run a plan, as it is typed. */
export interface RunForm {
  readonly rate: string
  readonly ramp: boolean
  readonly brake: boolean
  readonly failurePercent: string
  readonly returnedMax: string
  readonly queue: string
  readonly depthMax: string
}
export type RunField = keyof RunForm

/** A run that fails for every fifth message is not worth going on with; a few returned ones are a missing binding. */
const FAILURE_PERCENT_FIRST = '20'
const RETURNED_MAX_FIRST = '10'

/** Production begins slowly and stops by itself; elsewhere both are one click away. */
export function firstRunForm(environment: Environment | null): RunForm {
  const careful = environment === 'production'
  return {
    rate: '',
    ramp: careful,
    brake: careful,
    failurePercent: FAILURE_PERCENT_FIRST,
    returnedMax: RETURNED_MAX_FIRST,
    queue: '',
    depthMax: '',
  }
}

export interface RunReading {
  /** Null: something is wrong, and `wrong` says what. */
  readonly options: RunOptions | null
  readonly wrong: ReadonlySet<RunField>
}

type Read = { readonly ok: true; readonly value: number | null } | { readonly ok: false }

/** A decimal number above 0 and up to `max`; nothing means none. */
function readNumber(text: string, max: number): Read {
  const trimmed = text.trim()
  if (trimmed === '') return { ok: true, value: null }
  const value = Number(trimmed)
  return /^\d{1,9}(\.\d+)?$/.test(trimmed) && value > 0 && value <= max ? { ok: true, value } : { ok: false }
}

/** A whole number, 0 too; nothing means none. */
function readWhole(text: string): Read {
  const trimmed = text.trim()
  if (trimmed === '') return { ok: true, value: null }
  return /^\d{1,9}$/.test(trimmed) ? { ok: true, value: Number(trimmed) } : { ok: false }
}

const valueOf = (read: Read): number | null => (read.ok ? read.value : null)

export function readRun(form: RunForm): RunReading {
  const wrong = new Set<RunField>()
  const rate = readNumber(form.rate, RATE_MAX)
  if (!rate.ok) wrong.add('rate')
  const brake = form.brake ? readBrake(form, wrong) : null
  return {
    options: wrong.size > 0 ? null : { rate: valueOf(rate), ramp: form.ramp, brake },
    wrong,
  }
}

function readBrake(form: RunForm, wrong: Set<RunField>): Brake {
  const percent = readNumber(form.failurePercent, 100)
  const returned = readWhole(form.returnedMax)
  const depth = readWhole(form.depthMax)
  const queue = form.queue.trim()
  if (!percent.ok) wrong.add('failurePercent')
  if (!returned.ok) wrong.add('returnedMax')
  if (!depth.ok || (queue !== '' && depth.value === null)) wrong.add('depthMax')
  if (queue === '' && depth.ok && depth.value !== null) wrong.add('queue')
  const share = valueOf(percent)
  const depthMax = valueOf(depth)
  const brake: Brake = {
    failureRatio: share === null ? null : share / 100,
    returnedMax: valueOf(returned),
    queue: queue !== '' && depthMax !== null ? { name: queue, depthMax } : null,
  }
  // A brake without a limit would never be pulled.
  if (wrong.size === 0 && Object.values(brake).every((limit) => limit === null)) wrong.add('brake')
  return brake
}
