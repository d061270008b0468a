import { useNotification } from 'naive-ui'
import { watch } from 'vue'
import { useActs } from '../state/acts.ts'

const NOTICE_MS = 8_000

/** A key was pressed for an act that the person's role does not let them do: it says so, and nothing opens. */
export function useRoleNotices(): void {
  const acts = useActs()
  const notification = useNotification()
  watch(
    () => acts.denied,
    (why) => {
      if (why === null) return
      notification.create({ title: why, duration: NOTICE_MS, keepAliveOnHover: true })
      acts.understood()
    },
  )
}
