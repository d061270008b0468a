import { contextBridge, ipcRenderer } from 'electron'

// Hands the page one MessagePort to the engine, and what the main process says about the engine and the page. No logic, no API.
const page = window.location.origin

contextBridge.exposeInMainWorld('redriveHost', 'desktop')

/** The first port is asked for while the scripts of the page are still read, and kept until the page asks. */
const kept: MessagePort[] = []
let wanted = false
let asked = true
ipcRenderer.send('redrive:connect')

window.addEventListener('message', ({ source, data }: MessageEvent<{ type?: unknown } | null>) => {
  if (source !== window || data?.type !== 'redrive:connect') return
  wanted = true
  if (kept.length > 0) hand(kept.splice(0))
  else if (!asked) ipcRenderer.send('redrive:connect')
  asked = false
})

ipcRenderer.on('redrive:port', ({ ports }) => {
  if (wanted) hand(ports)
  else kept.push(...ports)
})

function hand(ports: readonly MessagePort[]): void {
  wanted = false
  window.postMessage({ type: 'redrive:port' }, page, [...ports])
}

ipcRenderer.on('redrive:engine', (_event, error: unknown) =>
  window.postMessage({ type: 'redrive:engine', error }, page),
)

ipcRenderer.on('redrive:page', (_event, about: unknown) =>
  window.postMessage({ type: 'redrive:page', about }, page),
)
