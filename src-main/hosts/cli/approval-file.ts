import { readFile } from 'node:fs/promises'
import { usageError } from '../common/failure.ts'
import type { Arguments, OptionSpec } from './arguments.ts'
import type { EngineClient } from './command.ts'

export const approvalOption: OptionSpec = {
  kind: 'text',
  value: 'FILE',
  help: 'a second person\'s yes, as "approve" wrote it; needed where the workspace says so',
}

/** Hands the approval of a plan in, where one was given. */
export async function handIn(client: EngineClient, plan: string, args: Arguments): Promise<void> {
  const path = args.text('approval')
  if (path === null) return
  const approval = await readFile(path, 'utf8').catch((error: unknown) => {
    throw usageError(`The approval ${path} cannot be read.`, { cause: error })
  })
  await client.plans.approve({ plan, approval })
}
