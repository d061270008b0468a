import type { Ref } from 'vue'
import { useRouter } from 'vue-router'
import { useKeys, type KeyMap } from '../keys.ts'
import type { PageName } from '../router.ts'
import { focusQuery } from '../state/query-line.ts'
import { useTriage, type TriageDialog } from '../state/triage.ts'

/** `g` and then one of these goes to a page. */
export const goKeys: Readonly<Record<PageName, string>> = {
  overview: 'o',
  inbox: 'i',
  audits: 'a',
  'dead-letters': 'd',
  brokers: 'b',
  jobs: 'j',
  unknown: 'u',
  confirmations: 'f',
  sweeps: 's',
  alerts: 'w',
  journal: 'l',
  connections: 'c',
}
/** And these open what belongs to no page. */
export const goDialogs = { views: 'v', 'hand-over': 'h' } as const satisfies Partial<
  Record<TriageDialog['kind'], string>
>
const GO_WAIT_MS = 1_500

interface FrameKeys {
  readonly paletteOpen: Ref<boolean>
  readonly keysOpen: Ref<boolean>
}

/** The keys that work on every page. */
export function useFrameKeys({ paletteOpen, keysOpen }: FrameKeys): void {
  const router = useRouter()
  const triage = useTriage()
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
  const dialogs: KeyMap = Object.fromEntries(
    (['views', 'hand-over'] as const).map((kind) => [
      goDialogs[kind],
      () => {
        goUntil = 0
        triage.open({ kind })
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
    u: () => triage.open({ kind: 'undo' }),
    'mod+k': () => {
      paletteOpen.value = !paletteOpen.value
    },
  }
  useKeys(() => (Date.now() < goUntil ? { ...go, ...dialogs } : {}), 'chord')
  useKeys(() => always, 'frame')
}
