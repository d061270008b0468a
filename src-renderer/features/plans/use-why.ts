import { inject } from 'vue'
import { useI18n } from 'vue-i18n'
import type { ErrorCode } from '../../../src-preload/contract/errors.ts'
import { sayErrorKey } from '../../ui/sentences.ts'

/** Why one message of many was left alone, in a few words: the long sentences speak of one request, not of a row. */
export function useWhy(): (code: ErrorCode) => string {
  const i18n = useI18n()
  const say = inject(sayErrorKey)
  return (code) => {
    const key = `plans.why.${code}`
    return i18n.te(key) ? i18n.t(key) : (say?.({ code, detail: {} }).what ?? code)
  }
}
