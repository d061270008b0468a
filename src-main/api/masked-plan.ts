import type { PlanDiff, PlanView } from '../../src-preload/contract/plans.ts'
import type { ItemDiff } from '../app/resend/plan-diff.ts'
import { container, documentText, isContainer, members, readJson, stringValue } from '../domain/json-text.ts'
import type { JsonNode } from '../domain/json-text.ts'
import { MASK, maskPayload, maskValue } from '../domain/masking.ts'
import type { MaskRules } from '../domain/masking.ts'
import type { PlanEdit } from '../domain/plan.ts'
import { maskedContent } from './masked-texts.ts'

/** Both sides of an edit as they may be shown. What is masked and differs is a change of one mask into another. */
export function maskedDiff(rules: MaskRules | null, diff: ItemDiff): PlanDiff {
  const before = maskPayload(rules, diff.before)
  const after = maskPayload(rules, diff.after)
  const wholly = before.whole || after.whole
  const said = (path: string, text: string | null): string | null => {
    if (text === null) return null
    return wholly ? MASK : maskValue(rules, path, text)
  }
  return {
    before: before.text,
    after: after.text,
    changes: diff.changes.map((change) => ({
      path: change.path,
      before: said(change.path, change.before),
      after: said(change.path, change.after),
    })),
    more: diff.more,
    sealingHeaders: [...diff.sealingHeaders],
    masked: maskedContent(before.fields >= after.fields ? before : after),
  }
}

/** A patch holds values that somebody wrote for places that are masked. */
export function maskedEdit(rules: MaskRules | null, edit: PlanEdit | null): PlanView['edit'] {
  if (edit === null || edit.kind === 'payload' || rules === null) return edit
  const reading = readJson(edit.patch)
  if (!reading.ok || !isContainer(reading.document.root))
    return { kind: 'patch', patch: JSON.stringify(MASK) }
  const { root, lead, trail } = reading.document
  const slots = root.slots.map((slot) => ({ ...slot, value: maskedOperation(rules, slot.value) }))
  return { kind: 'patch', patch: documentText({ lead, root: container(root.kind, slots), trail }) }
}

function maskedOperation(rules: MaskRules, operation: JsonNode): JsonNode {
  if (!isContainer(operation)) return operation
  const path = members(operation).get('path')?.value
  const pointer = path === undefined ? null : stringValue(path)
  if (pointer === null) return operation
  const slots = operation.slots.map((slot) => {
    if (slot.key !== 'value') return slot
    const text = maskValue(rules, pointer, slot.value.text)
    const reading = readJson(text)
    return reading.ok ? { ...slot, value: reading.document.root } : slot
  })
  return container(operation.kind, slots)
}
