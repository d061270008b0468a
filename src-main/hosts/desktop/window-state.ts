import { readFileSync, writeFileSync } from 'node:fs'

const WIDTH_MIN = 900
const HEIGHT_MIN = 600
/** So much of the window must be on some screen, or it could not be grabbed. */
const VISIBLE_MIN = 80

/** Whole pixels. */
export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface WindowState {
  readonly bounds: Partial<Rectangle> & Pick<Rectangle, 'width' | 'height'>
  readonly maximized: boolean
}

export const windowMinimum = { width: WIDTH_MIN, height: HEIGHT_MIN }
const INITIAL: WindowState = { bounds: { width: 1440, height: 900 }, maximized: false }

/** Where the window was. What is broken, or on a screen that is gone, is forgotten. */
export function loadWindowState(file: string, screens: readonly Rectangle[]): WindowState {
  try {
    const saved: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (!isSavedState(saved)) return INITIAL
    return screens.some((screen) => overlaps(saved.bounds, screen)) ? saved : INITIAL
  } catch {
    return INITIAL
  }
}

/** A window that comes back elsewhere is no reason to keep it from closing. */
export function saveWindowState(file: string, state: { bounds: Rectangle; maximized: boolean }): void {
  try {
    writeFileSync(file, JSON.stringify(state))
  } catch (error) {
    console.warn(`The place of the window was not saved: ${String(error)}`)
  }
}

/** By hand: the library of schemas takes longer to read than all else that is done before there is a window. */
function isSavedState(value: unknown): value is WindowState & { readonly bounds: Rectangle } {
  if (!isRecord(value) || !isRecord(value['bounds']) || typeof value['maximized'] !== 'boolean') return false
  const { x, y, width, height } = value['bounds']
  return (
    [x, y, width, height].every(Number.isInteger) &&
    Number(width) >= WIDTH_MIN &&
    Number(height) >= HEIGHT_MIN
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function overlaps(window: Rectangle, screen: Rectangle): boolean {
  const across = Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x)
  const down = Math.min(window.y + window.height, screen.y + screen.height) - Math.max(window.y, screen.y)
  return across >= VISIBLE_MIN && down >= VISIBLE_MIN
}
