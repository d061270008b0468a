import { onMounted, onUnmounted } from 'vue'

/**
 * One map of keys for whoever is mounted. The newest listener is asked first and keeps a key by having it in its
 * map. Nothing is heard while somebody types, while a dialog is open, or with a modifier held (but shift).
 */
export type KeyMap = Readonly<Record<string, (event: KeyboardEvent) => void>>

const maps: (() => KeyMap)[] = []

export function useKeys(map: () => KeyMap): void {
  onMounted(() => {
    if (maps.length === 0) document.addEventListener('keydown', dispatch)
    maps.push(map)
  })
  onUnmounted(() => {
    maps.splice(maps.indexOf(map), 1)
    if (maps.length === 0) document.removeEventListener('keydown', dispatch)
  })
}

function dispatch(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return
  const key = keyName(event)
  if (!key.startsWith('mod+') && (isTyping(event.target) || dialogOpen())) return
  for (const map of [...maps].reverse()) {
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
  return document.querySelector('[role=dialog][aria-modal=true]') !== null
}
