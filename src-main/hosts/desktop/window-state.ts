import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'

const WIDTH_MIN = 900
const HEIGHT_MIN = 600
/** So much of the window must be on some screen, or it could not be grabbed. */
const VISIBLE_MIN = 80

const rectangle = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(WIDTH_MIN),
  height: z.number().int().min(HEIGHT_MIN),
})
export type Rectangle = z.infer<typeof rectangle>
const savedState = z.object({ bounds: rectangle, maximized: z.boolean() })

export interface WindowState {
  readonly bounds: Partial<Rectangle> & Pick<Rectangle, 'width' | 'height'>
  readonly maximized: boolean
}

export const windowMinimum = { width: WIDTH_MIN, height: HEIGHT_MIN }
const INITIAL: WindowState = { bounds: { width: 1440, height: 900 }, maximized: false }

/** Where the window was. What is broken, or on a screen that is gone, is forgotten. */
export function loadWindowState(file: string, screens: readonly Rectangle[]): WindowState {
  try {
    const saved = savedState.parse(JSON.parse(readFileSync(file, 'utf8')))
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

function overlaps(window: Rectangle, screen: Rectangle): boolean {
  const across = Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x)
  const down = Math.min(window.y + window.height, screen.y + screen.height) - Math.max(window.y, screen.y)
  return across >= VISIBLE_MIN && down >= VISIBLE_MIN
}
