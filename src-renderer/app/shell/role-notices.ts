import { watch } from 'vue'
import { useActs } from '../state/acts.ts'
import { useNotices } from '../state/notices.ts'

const NOTICE_MS = 8_000

/** A key was pressed for an act that the person's role does not let them do: it says so, and nothing opens. */
export function useRoleNotices(): void {
  const acts = useActs()
  const notices = useNotices()
  watch(
    () => acts.denied,
    (why) => {
      if (why === null) return
      notices.tell({ title: why, shownMs: NOTICE_MS })
      acts.understood()
    },
  )
}
