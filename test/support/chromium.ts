import { existsSync } from 'node:fs'

const DEBIAN_PATH = '/usr/bin/chromium'

/**
 * No sandbox, because tests run as root in a container; nothing that talks to the world in the background; no address
 * bar, whose suggestions are two pages of their own that take most of a second while ours starts (Electron has none).
 */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup',
]

/** The browser of the end-to-end tests (CHROMIUM_PATH). Fails by name where there is none. */
export function chromiumPath(): string {
  const path = process.env['CHROMIUM_PATH'] ?? DEBIAN_PATH
  if (existsSync(path)) return path
  throw new Error(`There is no Chromium at ${path} (CHROMIUM_PATH); on Debian: apt-get install chromium`)
}
