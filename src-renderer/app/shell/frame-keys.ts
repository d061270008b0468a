import type { Ref } from 'vue'
import { useRouter } from 'vue-router'
import { useKeys, type KeyMap } from '../keys.ts'
import type { PageName } from '../router.ts'
import { focusQuery } from '../state/query-line.ts'

/** `g` and then one of these goes to a page. */
export const goKeys: Readonly<Record<PageName, string>> = {
  overview: 'o',
  inbox: 'i',
  audits: 'a',
  'dead-letters': 'd',
  jobs: 'j',
  unknown: 'u',
  sweeps: 's',
  journal: 'l',
  connections: 'c',
}
const GO_WAIT_MS = 1_500

interface FrameKeys {
  readonly paletteOpen: Ref<boolean>
  readonly keysOpen: Ref<boolean>
}

/** The keys that work on every page. */
export function useFrameKeys({ paletteOpen, keysOpen }: FrameKeys): void {
  const router = useRouter()
  let goUntil = 0

  const go: KeyMap = Object.fromEntries(
    Object.entries(goKeys).map(([page, key]) => [
      key,
      () => {
        goUntil = 0
        void router.push({ name: page })
      },
    ]),
  )
  const always: KeyMap = {
    g: () => {
      goUntil = Date.now() + GO_WAIT_MS
    },
    '/': () => focusQuery(),
    '?': () => {
      keysOpen.value = true
    },
    'mod+k': () => {
      paletteOpen.value = !paletteOpen.value
    },
  }
  useKeys(() => (Date.now() < goUntil ? { ...always, ...go } : always))
}
