import { RedriveError } from '../../domain/errors.ts'
import { actionableStates } from '../../domain/message.ts'
import type { HandBackPreview, HandBackRequest, HandBackResult } from '../../ports/hand-back.ts'
import type { MarkResult, ResolveRequest, ResolveResult, UndoRequest } from '../../ports/outbox.ts'
import { changeAll, noteOf, textOf, traceOf } from './changing.ts'
import type { ChangeOf, Trace } from './changing.ts'
import { messageOf } from './messages.ts'
import type { Found, Note } from './messages.ts'
import type { Parts } from './parts.ts'
import { find, guarded, tell } from './reading.ts'
import { placeOf } from './staging.ts'

/** Nobody sends it any more: it is removed from where the service looks, or, where messages stay, noted. */
export async function resolveMessages(
  parts: Parts,
  requests: readonly ResolveRequest[],
  signal: AbortSignal,
): Promise<readonly ResolveResult[]> {
  const removes = parts.staged.onConfirm !== 'keep'
  const told = await tell(
    parts,
    requests.map(({ id }) => id),
    signal,
  )
  const fresh = requests.flatMap((one, at): ChangeOf[] => {
    const found = told[at]?.found ?? null
    if (found === null || found.version !== one.version || !isOpen(parts, found)) return []
    const note: Note = {
      s: 'discarded',
      u: 0,
      d: one.token,
      e: one.token,
      a: found.note?.a ?? 0,
      ...(found.note === null ? {} : { p: JSON.stringify(found.note) }),
    }
    return [
      { id: one.id, guard: { version: one.version }, note, ...(removes ? { removedBy: one.token } : {}) },
    ]
  })
  const changed = new Map((await changeAll(parts, fresh, signal)).map((one) => [one.id, one]))
  return requests.map((one, at): ResolveResult => {
    const answer = changed.get(one.id)
    if (answer?.changed === true)
      return { id: one.id, applied: true, version: answer.version, before: answer.text ?? '' }
    return repeated(one, told[at]?.found ?? null, told[at]?.trace ?? null)
  })
}

/** A repeat finds the same decision. */
function repeated({ id, token }: ResolveRequest, found: Found | null, trace: string | null): ResolveResult {
  if (found === null)
    return traceOf(trace)?.token === token
      ? { id, applied: true, version: 'gone', before: trace ?? '' }
      : { id, applied: false }
  const { note, version } = found
  return note?.s === 'discarded' && note.d === token
    ? { id, applied: true, version, before: note.p ?? '' }
    : { id, applied: false }
}

function isOpen(parts: Parts, found: Found): boolean {
  return actionableStates.has(messageOf(parts, found).state)
}

export async function undoResolve(
  parts: Parts,
  requests: readonly UndoRequest[],
  signal: AbortSignal,
): Promise<readonly MarkResult[]> {
  const results: MarkResult[] = []
  for (const request of requests) {
    const trace = traceOf(request.before === '' ? null : request.before)
    results.push(
      await (trace === null ? unnote(parts, request, signal) : restore(parts, { request, trace }, signal)),
    )
  }
  return results
}

async function unnote(
  parts: Parts,
  { id, version, before }: UndoRequest,
  signal: AbortSignal,
): Promise<MarkResult> {
  const note = noteOf(before === '' ? null : before)
  const [changed] = await changeAll(parts, [{ id, guard: { version }, note }], signal)
  if (changed?.changed === true) return { id, marked: true, version: changed.version }
  const [found] = await find(parts, [id], signal)
  const same = found !== undefined && JSON.stringify(found.note) === JSON.stringify(note)
  return same ? { id, marked: true, version: found.version } : { id, marked: false }
}

async function restore(
  parts: Parts,
  { request: { id }, trace }: { readonly request: UndoRequest; readonly trace: Trace },
  signal: AbortSignal,
): Promise<MarkResult> {
  const { keys, layout, field, inner } = placeOf(parts.staged, parts.table, id)
  const { message, note, lives } = trace
  const [done, version] = await guarded(parts, 'write', signal, () =>
    parts.client.restore(...keys, layout, field, inner, JSON.stringify(message), note, lives),
  )
  if (done === 2)
    throw new RedriveError('undo-too-late', 'never', {
      reason: 'an entry of a stream cannot be put back in its place',
    })
  return done === 1 ? { id, marked: true, version: textOf(version) ?? '' } : { id, marked: false }
}

/** The service's own relay takes a message that nobody has noted anything of. */
export async function retryMessages(
  parts: Parts,
  requests: readonly HandBackRequest[],
  signal: AbortSignal,
): Promise<readonly HandBackResult[]> {
  const seen = new Map(
    (
      await find(
        parts,
        requests.map(({ id }) => id),
        signal,
      )
    ).map((one) => [one.id, one]),
  )
  const fresh = requests.filter(({ id }) => {
    const found = seen.get(id)
    return found !== undefined && isOpen(parts, found)
  })
  const changed = await changeAll(
    parts,
    fresh.map(({ id, version }) => ({ id, guard: { version }, note: null })),
    signal,
  )
  const applied = new Set(changed.filter((one) => one.changed).map(({ id }) => id))
  return requests.map(({ id }) => ({ id, applied: applied.has(id) }))
}

/** Nothing is tried out: what an action does to a message is known. */
export async function previewAction(
  parts: Parts,
  action: 'retry' | 'resolve',
  requests: readonly HandBackRequest[],
  signal: AbortSignal,
): Promise<readonly HandBackPreview[]> {
  const seen = new Map(
    (
      await find(
        parts,
        requests.map(({ id }) => id),
        signal,
      )
    ).map((one) => [one.id, one]),
  )
  const kept = parts.staged.onConfirm === 'keep' || action === 'retry'
  return requests.map(({ id, version }) => {
    const found = seen.get(id)
    const applied = found?.version === version && isOpen(parts, found)
    if (found === undefined || !applied)
      return { id, applied: false, before: {}, after: null, message: null, risks: [] }
    const note: Note | null =
      action === 'retry' ? null : { s: 'discarded', u: found.nowMs, a: found.note?.a ?? 0 }
    return {
      id,
      applied,
      before: { note: found.note === null ? null : JSON.stringify(found.note) },
      after: kept ? { note: note === null ? null : JSON.stringify(note) } : null,
      message: kept ? messageOf(parts, { ...found, note }) : null,
      risks: [],
    }
  })
}
