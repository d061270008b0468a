import { expect, test } from 'vitest'
import { startDesktop } from '../support/desktop.ts'

test('the window is isolated, and what it may do is denied unless listed', async () => {
  const desktop = await startDesktop()
  const detailOf = (kind: string): unknown => desktop.records.find((record) => record.kind === kind)?.detail
  expect(detailOf('window')).toMatchObject({
    show: false,
    webPreferences: {
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    },
  })
  expect(await desktop.quit()).toBe(0)
})
