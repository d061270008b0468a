import { writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { planView } from '../../../api/plan-view.ts'
import { operationOf, signApproval } from '../../../domain/approval.ts'
import { RedriveError } from '../../../domain/errors.ts'
import { policyLimits, sameName } from '../../../domain/policy.ts'
import type { Plan } from '../../../domain/plan.ts'
import { say } from '../../../domain/text.ts'
import { usageError } from '../../common/failure.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../command.ts'
import { operand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { makeKeyFile, PASSPHRASE_VARIABLE, readKeyFile } from '../key-file.ts'
import { countOption, typedCount } from '../options.ts'
import type { Output } from '../output.ts'
import { readPlanFile } from '../read-plan-file.ts'
import { planLines } from '../say-plan.ts'

const HOURS_DEFAULT = 8
const HOUR_MS = 3_600_000

export const approveKeygen: Command = {
  words: ['approve', 'keygen'],
  summary: `Makes the key that approvals are signed with, encrypted by a passphrase (asked for, or ${PASSPHRASE_VARIABLE})`,
  operands: [],
  options: { out: { kind: 'text', value: 'FILE', help: 'key file to write; for its owner only' } },
  async run({ args, output }) {
    const file = args.required('out')
    const publicKey = await makeKeyFile(file)
    output.object({ type: 'key', file, publicKey }, { file, publicKey })
    output.line(
      'Have the public key written into the workspace, under policies → environment → approval → approvers.',
    )
    return EXIT.done
  },
}

export const approve: Command = {
  words: ['approve'],
  summary: 'Shows what a plan would do, and signs a second person\'s yes to it: for "run --approval"',
  operands: ['PLAN'],
  options: {
    key: { kind: 'text', value: 'FILE', help: 'your key, as "approve keygen" made it' },
    as: { kind: 'text', value: 'NAME', help: 'your name among the approvers of the workspace' },
    out: { kind: 'text', value: 'FILE', help: 'approval to write' },
    hours: { kind: 'text', value: 'N', help: `good for so many hours (${HOURS_DEFAULT})` },
    count: { ...countOption, help: 'number of messages; asked for where it is not given' },
  },
  async run(context) {
    const { args, output } = context
    const [key, approver, out] = [args.required('key'), args.required('as'), args.required('out')]
    const hours = args.integer('hours', policyLimits.hoursMax) ?? HOURS_DEFAULT
    const plan = await readPlanFile(operand(context, 0))
    showPlan(output, plan)
    if (sameName(approver, plan.createdBy)) {
      throw new RedriveError('approval-invalid', 'never', { reason: say('approval.same-person') })
    }
    if ((await countOf(args, plan)) !== plan.items) {
      throw new RedriveError('count-not-typed', 'never', { count: plan.items })
    }
    const now = new Date()
    const statement = {
      plan: plan.plan,
      digest: plan.digest,
      source: plan.source,
      items: plan.items,
      operation: operationOf(plan),
      requester: plan.createdBy,
      approver,
      approvedAt: now.toISOString(),
      validUntil: new Date(now.getTime() + hours * HOUR_MS).toISOString(),
    }
    const approval = signApproval(statement, await readKeyFile(key))
    await writeFile(out, `${JSON.stringify(approval, null, 2)}\n`, { flag: 'wx' }).catch((error: unknown) => {
      throw usageError(`The approval cannot be written to ${out} (${String(error)}).`, { cause: error })
    })
    output.object(
      { type: 'approval', file: out, ...statement },
      { approver, file: out, until: statement.validUntil },
    )
    return EXIT.done
  },
}

/** What the signature will stand under: nobody says yes to a digest. */
function showPlan(output: Output, plan: Plan): void {
  if (output.json) return
  const { source, broker, items, createdBy, createdAt, selection, digest, edit, redirect } = plan
  const view = planView(plan, {
    environment: 'production',
    job: null,
    checks: [],
    sample: [],
    edit,
    standing: null,
  })
  const changed =
    edit === null ? 'as stored' : edit.kind === 'patch' ? `patched: ${edit.patch}` : 'another payload'
  const head = { plan: plan.plan, to: operationOf(plan), messages: items, of: source, by: broker }
  const made = { 'made by': createdBy, at: createdAt, selection, content: changed, digest }
  output.object(
    {},
    { ...head, ...made, ...(redirect === null ? {} : { redirect: JSON.stringify(redirect) }) },
  )
  if (plan.deadLetters?.reason) output.line(`  reason: ${plan.deadLetters.reason}`)
  for (const line of planLines(view)) output.line(`  ${line}`)
}

async function countOf(args: Arguments, { items, source }: Plan): Promise<number | null> {
  const given = typedCount(args)
  if (given !== null || !process.stdin.isTTY) return given
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(
      `Type the number of messages of ${source} to approve them (${items}): `,
    )
    return /^\d+$/.test(answer.trim()) ? Number(answer.trim()) : null
  } finally {
    terminal.close()
  }
}
