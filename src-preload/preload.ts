import { contextBridge, ipcRenderer } from 'electron'

// Hands the page one MessagePort to the engine, and what the main process says about the engine and the page. No logic, no API.
const page = window.location.origin

contextBridge.exposeInMainWorld('redriveHost', 'desktop')

window.addEventListener('message', ({ source, data }: MessageEvent<{ type?: unknown } | null>) => {
  if (source === window && data?.type === 'redrive:connect') ipcRenderer.send('redrive:connect')
})

ipcRenderer.on('redrive:port', ({ ports }) => window.postMessage({ type: 'redrive:port' }, page, ports))

ipcRenderer.on('redrive:engine', (_event, error: unknown) =>
  window.postMessage({ type: 'redrive:engine', error }, page),
)

ipcRenderer.on('redrive:page', (_event, about: unknown) =>
  window.postMessage({ type: 'redrive:page', about }, page),
)
