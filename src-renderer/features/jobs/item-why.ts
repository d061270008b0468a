import { inject } from 'vue'
import { useI18n } from 'vue-i18n'
import type { ErrorCode } from '../../../src-preload/contract/errors.ts'
import type { JobItem } from '../../../src-preload/contract/jobs.ts'
import { sayErrorKey } from '../../ui/sentences.ts'
import { readableId } from '../../ui/readable-id.ts'

export interface ItemWhy {
  /** Redrive's sentence. */
  readonly said: string
  /** The broker's or the client's own words. */
  readonly words: string
  readonly whole: string
}

/** The engine's words of a parked item. */
const PARKED_BEHIND = /^parked behind (.+)$/

type Cause = (code: ErrorCode, detail: Readonly<Record<string, string | number>>) => string

/** An error as it befell a job: in a few words where the long sentence speaks of a single request. */
export function useCause(): Cause {
  const i18n = useI18n()
  const say = inject(sayErrorKey)
  return (code, detail) => {
    const key = `jobs.why.${code}`
    return i18n.te(key) ? i18n.t(key) : (say?.({ code, detail }).what ?? code)
  }
}

/** Why an item ended as it did, in a sentence; what a person decided comes first. */
export function useItemWhy(): (item: JobItem) => ItemWhy {
  const { t } = useI18n()
  const cause = useCause()
  return ({ code, id, destination, result, reason, settledAs, marked }) => {
    const parked = result === 'parked' ? (PARKED_BEHIND.exec(reason ?? '')?.[1] ?? null) : null
    if (parked !== null) {
      const said = t('jobs.item.parkedBehind', { id: readableId(parked) })
      return { said, words: '', whole: said }
    }
    const settled = settledAs === null ? '' : `${t(`jobs.item.settledAs.${settledAs}`)}.`
    const unmarked = marked === false ? t('jobs.item.unmarked') : ''
    const why = code === null ? '' : cause(code, { id, ...destination, reason: reason ?? code })
    const said = [settled, unmarked, why].filter((part) => part !== '').join(' ')
    const words = reason ?? ''
    return { said, words, whole: [said, words].filter((part) => part !== '').join('\n') }
  }
}
