import { RedriveError } from '../../domain/errors.ts'
import { readPatch } from '../../domain/json-patch.ts'
import type { EditProblem, EditRequest, EditResult } from '../../domain/message-edit.ts'
import type { PlanEdit } from '../../domain/plan.ts'
import { redirected, redirectProblems } from '../../domain/redirect.ts'
import type { Redirect } from '../../domain/redirect.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import { createEditor } from '../edit/edit-messages.ts'
import type { EditPorts } from '../edit/edit-messages.ts'
import type { Judged } from './plan-items.ts'
import type { Selection } from './selected-ids.ts'

/** What is asked for: a patch over every message, or the new text of the one that is selected. */
export type EditWish =
  | { readonly kind: 'patch'; readonly patch: string }
  | { readonly kind: 'payload'; readonly id: string; readonly payload: string }

export interface PlanChanges {
  /** As the plan's header says it. */
  readonly edit: PlanEdit | null
  readonly redirect: Redirect | null
  /** The same rows, changed; one that cannot be is left out with the reason. */
  apply(batch: readonly Judged[]): Promise<readonly Judged[]>
}

/**
 * Throws `patch-invalid` or `destination-invalid` where the wish itself is wrong, whatever the messages are; where it is
 * for one message and does not fit that, the reason is thrown too.
 */
export function planChanges(
  ports: EditPorts,
  { outbox }: Pick<SourceConfig, 'outbox'>,
  wish: {
    readonly selection: Selection
    readonly edit: EditWish | null
    readonly redirect: Redirect | null
  },
): PlanChanges {
  const { edit, redirect } = wish
  if (redirect !== null) requireRedirect(redirect)
  const request = edit === null ? null : editRequest(edit, wish.selection)
  const editor = createEditor(ports, outbox)
  return {
    edit: edit === null ? null : edit.kind === 'patch' ? edit : { kind: 'payload', id: edit.id },
    redirect,
    async apply(batch) {
      const moved = redirect === null ? batch : batch.map((judged) => moveTo(judged, redirect))
      if (request === null) return moved
      const rows = moved.flatMap((judged) => ('row' in judged ? [judged] : []))
      const results = await editor.edit(
        rows.map(({ row }) => row),
        request,
      )
      const edited = new Map(rows.map(({ row }, index) => [row.id, results[index]]))
      return moved.map((judged) => ('row' in judged ? withEdit(judged, edited.get(judged.row.id)) : judged))
    },
  }

  function withEdit(judged: Extract<Judged, { row: unknown }>, result: EditResult | undefined): Judged {
    if (result?.ok) return { ...judged, item: { ...judged.item, payload: result.version.payload } }
    const { id, messageId } = judged.row
    const refusal = refusalOf(id, result?.problems[0])
    // Whoever edits one message wants to know what is wrong with it, not that the plan is empty.
    if (edit?.kind === 'payload') throw refusal
    return { skip: { id, messageId, code: refusal.code } }
  }
}

function refusalOf(id: string, problem: EditProblem | undefined): RedriveError {
  if (problem?.from === 'stored') return new RedriveError('payload-not-json', 'never', { id })
  if (problem?.from === 'patch') {
    const { code, operation, path, reason } = problem.problem
    const text = [code, `operation ${operation ?? '-'}`, path, reason].filter((part) => part !== null)
    return new RedriveError('patch-failed', 'never', { id, reason: text.join(', ') })
  }
  if (problem?.from === 'diff') return new RedriveError('edit-changes-nothing', 'never', { id })
  if (problem?.from === 'schema') {
    const { path, message } = problem.problem
    return new RedriveError('payload-invalid', 'never', { id, problem: `${path} ${message}`.trim() })
  }
  return new RedriveError('payload-invalid', 'never', { id, problem: problem?.problem.code ?? 'not edited' })
}

function requireRedirect(redirect: Redirect): void {
  const [problem] = redirectProblems(redirect)
  if (!problem) return
  const text = problem.field === null ? problem.code : `${problem.field}: ${problem.code}`
  throw new RedriveError('destination-invalid', 'never', { problem: text })
}

function editRequest(edit: EditWish, selection: Selection): EditRequest {
  if (edit.kind === 'payload') {
    if (selection.kind === 'ids' && selection.ids.length === 1 && selection.ids[0] === edit.id) return edit
    const problem = 'a whole payload is for the one message that is selected'
    throw new RedriveError('payload-invalid', 'never', { id: edit.id, problem })
  }
  const reading = readPatch(edit.patch)
  if (reading.ok) return { kind: 'patch', patch: reading.patch }
  const { operation, reason, code } = reading.problem
  const at = operation === null ? '' : ` (operation ${operation})`
  throw new RedriveError('patch-invalid', 'never', { reason: `${reason ?? code}${at}` })
}

function moveTo(judged: Judged, redirect: Redirect): Judged {
  if (!('row' in judged)) return judged
  const destination = redirected(judged.item.destination, redirect)
  return { ...judged, item: { ...judged.item, destination } }
}
