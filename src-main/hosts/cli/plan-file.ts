import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { planFile } from '../../../src-preload/contract/plans.ts'
import type { PlanFile } from '../../../src-preload/contract/plans.ts'
import { RedriveError } from '../../domain/errors.ts'
import { usageError } from '../common/failure.ts'

/** PLAN_ITEMS_MAX items of about 600 bytes, with room. */
const FILE_BYTES_MAX = 256 * 1024 * 1024

/** JSON with one item a line, so that two plans can be compared line by line. */
export function planText(plan: PlanFile): string {
  const members = Object.entries(plan).map(([name, value]) => {
    if (!Array.isArray(value) || value.length === 0)
      return `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`
    const items = value.map((item) => `    ${JSON.stringify(item)}`)
    return `  ${JSON.stringify(name)}: [\n${items.join(',\n')}\n  ]`
  })
  return `{\n${members.join(',\n')}\n}\n`
}

/** Replaces the file in one step: a reader finds a whole plan or none. */
export async function writePlanFile(path: string, plan: PlanFile): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    await writeFile(draft, planText(plan), { flag: 'wx' })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw usageError(`The plan cannot be written to ${path} (${codeOf(error)}).`, { cause: error })
  }
}

/** Throws `plan-invalid` where the file is no plan. Whether it was edited is for the engine to say, by its digest. */
export async function readPlanFile(path: string): Promise<PlanFile> {
  const text = await readText(path)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw invalid(path, 'it is not JSON', error)
  }
  const parsed = planFile.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const at = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`
  throw invalid(path, `${issue?.message ?? 'it has another form'}${at}`, parsed.error)
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > FILE_BYTES_MAX) throw invalid(path, `it is larger than ${FILE_BYTES_MAX} bytes`, null)
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof RedriveError) throw error
    throw usageError(`The plan file ${path} cannot be read (${codeOf(error)}).`, { cause: error })
  }
}

function invalid(path: string, reason: string, cause: unknown): RedriveError {
  return new RedriveError('plan-invalid', 'never', { path, reason: `${path}: ${reason}` }, { cause })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
