import { app } from 'electron'
import type { Session, WebContents } from 'electron'

/** Copying an id by click, after a gesture; everything else a page could ask for is denied. */
const PERMISSIONS_GRANTED: ReadonlySet<string> = new Set(['clipboard-sanitized-write'])

/** The page stays where it is, opens nothing and is given nothing, whatever got into it. */
export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, decide) =>
    decide(PERMISSIONS_GRANTED.has(permission)),
  )
  session.setPermissionCheckHandler((_contents, permission) => PERMISSIONS_GRANTED.has(permission))
  session.setDevicePermissionHandler(() => false)
}

export function guardContents(): void {
  app.on('web-contents-created', (_event, contents: WebContents) => {
    contents.on('will-navigate', (event) => event.preventDefault())
    contents.on('will-redirect', (event) => event.preventDefault())
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  })
}
