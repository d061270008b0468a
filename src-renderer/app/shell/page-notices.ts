import { useNotification } from 'naive-ui'
import { onMounted, onUnmounted } from 'vue'
import { useI18n } from 'vue-i18n'

const NOTICE_MS = 20_000

/** The desktop opened this page again because its process broke down: said once, for what was typed is gone. */
export function usePageNotices(): void {
  const { t } = useI18n()
  const notification = useNotification()

  function hear({ source, data }: MessageEvent<unknown>): void {
    if (source !== window || typeof data !== 'object' || data === null) return
    if (!('type' in data) || data.type !== 'redrive:page') return
    notification.create({
      title: t('shell.notice.restarted'),
      content: t('shell.notice.restartedMeans'),
      duration: NOTICE_MS,
      keepAliveOnHover: true,
    })
  }
  onMounted(() => window.addEventListener('message', hear))
  onUnmounted(() => window.removeEventListener('message', hear))
}
