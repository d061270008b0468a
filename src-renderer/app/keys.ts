import { onMounted, onUnmounted } from 'vue'

/**
 * One map of keys for whoever is mounted. Of the same rank the newest listener is asked first; it keeps a key by having
 * it in its map. Nothing is heard while somebody types, while a dialog is open, or with a modifier held (but shift). Enter
 * and space belong to the button or link that has the focus; who moves in the page's list has left that button.
 */
export type KeyMap = Readonly<Record<string, (event: KeyboardEvent) => void>>

/** In the order of mounting. */
const listeners: { readonly map: () => KeyMap; readonly rank: Rank }[] = []

/** `frame`: what no page wants. `chord`: the second key of two, which nobody else may take. */
type Rank = 'frame' | 'page' | 'chord'
const RANKS: readonly Rank[] = ['chord', 'page', 'frame']

export function useKeys(map: () => KeyMap, rank: Rank = 'page'): void {
  const listener = { map, rank }
  onMounted(() => {
    if (listeners.length === 0) document.addEventListener('keydown', dispatch)
    listeners.push(listener)
  })
  onUnmounted(() => {
    listeners.splice(listeners.indexOf(listener), 1)
    if (listeners.length === 0) document.removeEventListener('keydown', dispatch)
  })
}

function dispatch(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return
  const key = keyName(event)
  if (!key.startsWith('mod+') && (isTaken(event.target, key) || dialogOpen())) return
  const pressable = pressableOf(event.target)
  if (pressable !== null && PRESSING.has(key)) return
  const newestFirst = listeners.toReversed()
  for (const { map } of RANKS.flatMap((rank) => newestFirst.filter((one) => one.rank === rank))) {
    const act = map()[key]
    if (act === undefined) continue
    event.preventDefault()
    if (MOVING.has(key)) pressable?.blur()
    act(event)
    return
  }
}

/** `j`, `shift+j`, `mod+k`, `?`, `Enter`. Mod is ctrl, and command on a Mac. */
export function keyName(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey'>): string {
  const letter = /^[a-z]$/i.test(event.key)
  const key = letter ? event.key.toLowerCase() : event.key
  if (event.ctrlKey || event.metaKey) return `mod+${key}`
  return letter && event.shiftKey ? `shift+${key}` : key
}

const PRESSING: ReadonlySet<string> = new Set(['Enter', ' '])
const MOVING: ReadonlySet<string> = new Set(['j', 'k', 'shift+j', 'shift+k', 'ArrowDown', 'ArrowUp'])

/** What Enter presses, if that has the focus. */
function pressableOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof HTMLElement ? target.closest<HTMLElement>('button, a, summary') : null
}

/** True where the key belongs to a field: all of them where something is typed, the arrows where one of several is chosen. */
function isTaken(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.matches('input[type=radio]')) return key.startsWith('Arrow')
  if (target.matches('input[type=checkbox]')) return false
  return target.isContentEditable || target.closest('input, textarea, select, .cm-editor') !== null
}

function dialogOpen(): boolean {
  return document.querySelector('[role=dialog][aria-modal=true], [data-opening]') !== null
}
