import { inject } from 'vue'
import { useI18n } from 'vue-i18n'
import type { JournalEntry } from '../../../src-preload/contract/journal.ts'
import { sayErrorKey } from '../../ui/sentences.ts'
import { entrySays, interruptionOf, outcomeCounts } from './entry-sentence.ts'
import { factsOf, textOf } from './facts.ts'

/** An entry as a person would say it, in the operator's language. */
export function useEntryText(): (entry: JournalEntry) => string {
  const { t, n } = useI18n()
  const say = inject(sayErrorKey)

  function outcomes(entry: JournalEntry): string {
    return outcomeCounts(factsOf(entry))
      .map(({ outcome, count }) => t(`journal.says.outcome.${outcome}`, { n: n(count) }))
      .join(t('journal.says.outcomeSeparator'))
  }

  function why(entry: JournalEntry): string | null {
    const code = interruptionOf(entry)
    if (code === null) return null
    const words = textOf(factsOf(entry), 'reason')
    return words ?? say?.({ code, detail: {} }).what ?? code
  }

  return (entry) => {
    const { key, values, count } = entrySays(entry)
    const numbers = Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'number' ? n(value) : value,
    ])
    const list = key === 'outcomes' ? { list: outcomes(entry) } : {}
    const how = t(`journal.says.${key}`, { ...Object.fromEntries(numbers), ...list }, count)
    const cause = why(entry)
    return cause === null ? how : t('journal.says.endedWhy', { how, why: cause })
  }
}
