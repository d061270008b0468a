import { contextBridge, ipcRenderer } from 'electron'

// Hands the page one MessagePort to the engine, and what the main process says about the engine and the page. No logic, no API.
const page = window.location.origin

contextBridge.exposeInMainWorld('redriveHost', 'desktop')

/** The first port is asked for while the page's scripts are still read; what comes before the page asks is kept for it. */
const kept: (() => void)[] = []
let asked = false
ipcRenderer.send('redrive:connect')

window.addEventListener('message', ({ source, data }: MessageEvent<{ type?: unknown } | null>) => {
  if (source !== window || data?.type !== 'redrive:connect') return
  if (asked) return ipcRenderer.send('redrive:connect')
  asked = true
  for (const tellNow of kept.splice(0)) tellNow()
})

function tell(message: object, ports: readonly MessagePort[] = []): void {
  const tellNow = (): void => window.postMessage(message, page, [...ports])
  if (asked) tellNow()
  else kept.push(tellNow)
}

ipcRenderer.on('redrive:port', ({ ports }) => tell({ type: 'redrive:port' }, ports))
ipcRenderer.on('redrive:engine', (_event, error: unknown) => tell({ type: 'redrive:engine', error }))
ipcRenderer.on('redrive:page', (_event, about: unknown) => tell({ type: 'redrive:page', about }))
