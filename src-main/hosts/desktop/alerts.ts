import { app, nativeImage, Notification, Tray } from 'electron'
import type { NativeImage } from 'electron'
import { alertWords } from './alert-words.ts'
import type { AlertNotice, FromEngine } from './engine-messages.ts'
import { trayPicture } from './tray-picture.ts'
import type { ConsoleWindows } from './windows.ts'

/** Of one round: a storm of alerts is one line, not a screen full of them. */
const NOTIFICATIONS_MAX = 3
/** Where they are listed. */
const PAGE = '#/alerts'

export type AlertsMessage = Extract<FromEngine, { type: 'alerts' }>

export interface DesktopAlertsOptions {
  readonly windows: ConsoleWindows
  readonly platform: NodeJS.Platform
}

/** Tells the person at this desktop: notifications for what began to fire, the tray and the badge for what fires. */
export function createDesktopAlerts({ windows, platform }: DesktopAlertsOptions): {
  readonly hear: (message: AlertsMessage) => void
} {
  const words = alertWords(app.getLocale())
  const tray = new Tray(picture(false))
  tray.setToolTip(words.firing(0))
  tray.on('click', () => show())
  // A notification that is collected takes its click with it.
  const shown = new Set<Notification>()

  const show = (): void => windows.show(PAGE)

  function notify(title: string, body: string): void {
    const notification = new Notification({ title, body })
    const forget = (): void => void shown.delete(notification)
    shown.add(notification)
    notification.on('click', () => {
      forget()
      show()
    })
    notification.on('close', forget)
    notification.show()
  }

  function tell(fresh: readonly AlertNotice[]): void {
    if (!Notification.isSupported()) return
    for (const notice of fresh.slice(0, NOTIFICATIONS_MAX)) notify(words.title(notice), words.body(notice))
    if (fresh.length > NOTIFICATIONS_MAX)
      notify(words.firing(fresh.length), words.title(fresh[0] as AlertNotice))
  }

  return {
    hear({ firing, fresh }) {
      tray.setImage(picture(firing > 0))
      tray.setToolTip(words.firing(firing))
      if (platform === 'darwin') tray.setTitle(firing > 0 ? String(firing) : '')
      app.setBadgeCount(firing)
      if (platform === 'win32')
        for (const window of windows.all())
          window.setOverlayIcon(firing > 0 ? picture(true) : null, words.firing(firing))
      tell(fresh)
    },
  }
}

function picture(firing: boolean): NativeImage {
  const { size, pixels } = trayPicture(firing)
  return nativeImage.createFromBitmap(pixels, { width: size, height: size, scaleFactor: 2 })
}
