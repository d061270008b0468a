import { z } from 'zod'
import {
  answerRuleProblem,
  checkAnswers,
  checkBackDefaults,
  checkBackLimits,
} from '../../domain/check-back.ts'
import { messagePlaceholders } from '../../domain/service-call.ts'
import { serviceCall } from './call-schema.ts'

const POINTER_CHARS_MAX = 1_000
const VALUES_MAX = 100
const STATUS_MIN = 100
const STATUS_MAX = 599

const whole = ({ min, max }: { readonly min: number; readonly max: number }) => z.int().min(min).max(max)
const status = z.int().min(STATUS_MIN).max(STATUS_MAX)
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])

const rule = z
  .strictObject({
    status: z.union([status, z.tuple([status, status])]).exactOptional(),
    at: z.string().max(POINTER_CHARS_MAX).describe('JSON pointer into the body: /state').exactOptional(),
    equals: scalar.exactOptional(),
    in: z.array(scalar).min(1).max(VALUES_MAX).exactOptional(),
    means: z.enum(checkAnswers),
  })
  .superRefine((value, context) => {
    const problem = answerRuleProblem(value)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })

export const checkBack = z
  .strictObject({
    enabled: z
      .boolean()
      .default(checkBackDefaults.enabled)
      .describe('Runs on schedule, once an operator of this machine has switched on just this.'),
    everySec: whole(checkBackLimits.everySec).default(checkBackDefaults.everySec),
    call: serviceCall([...messagePlaceholders, 'checks']),
    answers: z
      .array(rule)
      .min(1)
      .max(checkBackLimits.answers)
      .describe(
        'The first rule that fits says what an answer means; what no rule names is unknown. Without a status: 200 to 299.',
      ),
    firstAgeSec: whole(checkBackLimits.firstAgeSec)
      .default(checkBackDefaults.firstAgeSec)
      .describe('Younger half messages are left to their producer.'),
    againSec: whole(checkBackLimits.againSec)
      .default(checkBackDefaults.againSec)
      .describe('Seconds between two checks of one message.'),
    checksMax: whole(checkBackLimits.checksMax)
      .default(checkBackDefaults.checksMax)
      .describe('After so many checks without a decision a message is parked for a person.'),
    retries: whole(checkBackLimits.retries)
      .default(checkBackDefaults.retries)
      .describe('More tries within one check where nobody answers.'),
    retryDelayMs: whole(checkBackLimits.retryDelayMs).default(checkBackDefaults.retryDelayMs),
    concurrency: whole(checkBackLimits.concurrency).default(checkBackDefaults.concurrency),
    rate: z
      .number()
      .min(checkBackLimits.rate.min)
      .max(checkBackLimits.rate.max)
      .nullable()
      .default(checkBackDefaults.rate)
      .describe('Calls a second; null: no limit.'),
  })
  .describe('How the producer of half messages is asked what became of them. Absent: nobody asks.')
