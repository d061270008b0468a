import type { ComputedRef, Ref } from 'vue'
import { useKeys } from '../../app/keys.ts'
import type { InboxActs } from './inbox-acts.ts'
import { rowOf, type Row } from './list/rows.ts'
import type { Selection } from './selection.ts'

interface Options {
  readonly rows: () => readonly Row[]
  readonly at: Ref<number>
  readonly selection: Selection
  readonly acts: InboxActs
  readonly openKey: ComputedRef<string | null>
  readonly open: (row: Row | null) => void
  readonly reveal: (index: number) => void
  readonly undo: () => void
  readonly note: (row: Pick<Row, 'source' | 'id' | 'messageId'>) => void
}

/** The keys of the list. An act on one key only ever opens its dialog. */
export function useInboxKeys({
  rows,
  at,
  selection,
  acts,
  openKey,
  open,
  reveal,
  undo,
  note,
}: Options): void {
  function move(by: number): void {
    const next = Math.min(Math.max(0, at.value + by), rows().length - 1)
    if (next < 0) return
    at.value = next
    reveal(next)
    // An open inspector follows the cursor.
    if (openKey.value !== null) open(rows()[next] ?? null)
  }
  function extend(by: number): void {
    if (selection.ids.value.size === 0) selection.toggle(at.value)
    move(by)
    selection.extendTo(at.value)
  }
  function escape(): void {
    if (openKey.value !== null) open(null)
    else selection.clear()
  }

  useKeys(() => ({
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    'shift+j': () => extend(1),
    'shift+k': () => extend(-1),
    x: () => selection.toggle(at.value),
    Enter: () => open(rows()[at.value] ?? null),
    Escape: escape,
    r: () => acts.resend(),
    'shift+r': () => acts.resendAll(),
    e: () => acts.resolve(),
    m: () => {
      const row = rowOf(rows(), openKey.value) ?? rows()[at.value]
      if (row !== undefined) note({ source: row.source, id: row.id, messageId: row.messageId })
    },
    u: undo,
  }))
}
