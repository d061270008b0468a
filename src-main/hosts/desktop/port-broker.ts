import { ipcMain, MessageChannelMain } from 'electron'
import type { MessagePortMain, WebContents, WebFrameMain } from 'electron'

const CONNECT = 'redrive:connect'
const PORT = 'redrive:port'

export interface PortBrokerOptions {
  /** The only origin that is given a way to the engine. */
  readonly origin: string
  readonly connect: (port: MessagePortMain) => void
  readonly onPage: (page: WebContents) => void
}

/** The one IPC handler: gives a page of ours a channel to the engine, and steps out of the way. */
export function brokerPorts({ origin, connect, onPage }: PortBrokerOptions): void {
  ipcMain.on(CONNECT, ({ sender, senderFrame }) => {
    if (senderFrame === null || !mayConnect(senderFrame, origin)) return
    const { port1, port2 } = new MessageChannelMain()
    connect(port1)
    senderFrame.postMessage(PORT, null, [port2])
    onPage(sender)
  })
}

/** The top frame of our own page. A frame that has navigated away since it asked is gone or has another address. */
export function mayConnect({ url, parent }: Pick<WebFrameMain, 'url' | 'parent'>, origin: string): boolean {
  return parent === null && (url === origin || url.startsWith(`${origin}/`))
}
