import { useNotification } from 'naive-ui'
import { h, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { RouterLink, useRoute } from 'vue-router'
import { useSession } from '../state/session.ts'

const NOTICE_MS = 12_000

/** A notice when more alerts fire than before that nobody has acknowledged, while nobody looks at their list. */
export function useAlertNotices(): void {
  const { t } = useI18n()
  const notification = useNotification()
  const route = useRoute()
  const session = useSession()
  watch(
    () => session.status?.alerts.fresh ?? null,
    (now, before) => {
      // What fired before this page was opened stands in the status line.
      if (now === null || before === null || now <= before || route.name === 'alerts') return
      notification.create({
        title: t('shell.notice.alert', { n: now }, now),
        action: () => h(RouterLink, { to: { name: 'alerts' } }, () => t('shell.notice.openAlerts')),
        duration: NOTICE_MS,
        keepAliveOnHover: true,
      })
    },
  )
}
