import { watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute } from 'vue-router'
import { useNotices } from '../state/notices.ts'
import { useSession } from '../state/session.ts'

const NOTICE_MS = 12_000

/** A notice when more alerts fire than before that nobody has acknowledged, while nobody looks at their list. */
export function useAlertNotices(): void {
  const { t } = useI18n()
  const notices = useNotices()
  const route = useRoute()
  const session = useSession()
  watch(
    () => session.status?.alerts.fresh ?? null,
    (now, before) => {
      // What fired before this page was opened stands in the status line.
      if (now === null || before === null || now <= before || route.name === 'alerts') return
      notices.tell({
        title: t('shell.notice.alert', { n: now }, now),
        more: { to: { name: 'alerts' }, text: t('shell.notice.openAlerts') },
        shownMs: NOTICE_MS,
      })
    },
  )
}
