import { EventEmitter } from 'node:events'
import { answerTo, record } from './control.ts'

/** Pictures, the tray and notifications: what was asked of them is told, and the test clicks. */
interface Bitmap {
  readonly bytes: number
  readonly width: number
  readonly height: number
}

export const nativeImage = {
  createFromBitmap(buffer: Buffer, { width, height }: { width: number; height: number }): Bitmap {
    // As Electron does: a bitmap of another length than its size says is an error.
    if (buffer.length !== width * height * 4) throw new Error('invalid buffer size')
    return { bytes: buffer.length, width, height }
  },
}

let trayClick: () => void = () => undefined
answerTo('click-tray', () => trayClick())

export class Tray extends EventEmitter {
  constructor(image: Bitmap) {
    super()
    record('tray', { image })
    trayClick = () => void this.emit('click')
  }

  setToolTip(text: string): void {
    record('tray-tip', text)
  }

  setImage(image: Bitmap): void {
    record('tray-image', image)
  }

  setTitle(title: string): void {
    record('tray-title', title)
  }
}

const shown: Notification[] = []
answerTo('click-notification', (index) => void shown[Number(index)]?.emit('click'))

export class Notification extends EventEmitter {
  readonly #options: { readonly title: string; readonly body: string }

  constructor(options: { readonly title: string; readonly body: string }) {
    super()
    this.#options = options
  }

  static isSupported(): boolean {
    return true
  }

  show(): void {
    shown.push(this)
    record('notification', this.#options)
  }
}
