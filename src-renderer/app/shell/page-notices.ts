import { watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useNotices } from '../state/notices.ts'
import { useRestarts } from '../state/restarts.ts'

const NOTICE_MS = 20_000

/** The desktop opened this page again because its process broke down: said once, for what was typed is gone. */
export function usePageNotices(): void {
  const { t } = useI18n()
  const notices = useNotices()
  const restarts = useRestarts()

  watch(
    () => restarts.count,
    (count) => {
      if (count === 0) return
      notices.tell({
        title: t('shell.notice.restarted'),
        content: t('shell.notice.restartedMeans'),
        shownMs: NOTICE_MS,
      })
    },
    { immediate: true },
  )
}
