import { EventEmitter } from 'node:events'
import { record } from './control.ts'

export const ipcMain = new EventEmitter()
ipcMain.on('newListener', (channel) => record('ipc-handler', String(channel)))
