import { onMounted, onUnmounted } from 'vue'

/**
 * One map of keys for whoever is mounted. Of the same rank the newest listener is asked first; it keeps a key by having
 * it in its map. Nothing is heard while somebody types, while a dialog is open, or with a modifier held (but shift).
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
  if (!key.startsWith('mod+') && (isTyping(event.target) || dialogOpen())) return
  const newestFirst = listeners.toReversed()
  for (const { map } of RANKS.flatMap((rank) => newestFirst.filter((one) => one.rank === rank))) {
    const act = map()[key]
    if (act === undefined) continue
    event.preventDefault()
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

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest('input:not([type=checkbox]), textarea, select, .cm-editor') !== null)
  )
}

function dialogOpen(): boolean {
  return document.querySelector('[role=dialog][aria-modal=true], [data-opening]') !== null
}
