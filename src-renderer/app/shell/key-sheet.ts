import type { PageName } from '../router.ts'
import { pages } from '../router.ts'
import { goDialogs, goKeys } from './frame-keys.ts'

/** What a key does: a word of `shell.keys`, of `triage.keys`, or the page that it goes to. */
type Does = string | { readonly triage: string } | { readonly page: PageName }
/** The second of two keys is the counterpart: `j` and `k`. */
export interface SheetLine {
  readonly keys: readonly [string] | readonly [string, string]
  readonly does: Does
}
export interface SheetPart {
  readonly title: { readonly page: PageName } | 'everywhere' | 'goTo' | 'dialogs' | 'wizard'
  readonly lines: readonly SheetLine[]
}

const line = (does: Does, ...keys: SheetLine['keys']): SheetLine => ({ keys, does })
const MOVE = line('move', 'j', 'k')
const SELECT = line('select', 'x')

/** Every key of the console, by page, in the order of the rail. A page that listens to another key says so here. */
const ofPages: Readonly<Record<PageName, readonly SheetLine[]>> = {
  overview: [MOVE, line('openSource', 'enter')],
  inbox: [
    MOVE,
    SELECT,
    line('extend', 'shift+j', 'shift+k'),
    line('open', 'enter'),
    line('close', 'esc'),
    line('resend', 'r'),
    line('resendAll', 'shift+r'),
    line('resolve', 'e'),
    line({ triage: 'note' }, 'm'),
  ],
  audits: [
    MOVE,
    line('open', 'enter'),
    line('audit', 'n'),
    line('view', 'v'),
    line('repair', 'r'),
    line('along', '←', '→'),
    line('ends', 'home', 'end'),
    line('zoom', '+', '-'),
    line('toList', 'esc'),
  ],
  'dead-letters': [MOVE, line('look', 'l'), line('redrive', 'r'), line('close', 'esc')],
  brokers: [MOVE, line('search', '/'), line('open', 'enter'), line('close', 'esc')],
  jobs: [MOVE, line('open', 'enter'), line('resendFailed', 'r'), line('decide', 'e'), line('toList', 'esc')],
  unknown: [MOVE, SELECT, line('decide', 'e'), line('openMessage', 'enter'), line('clear', 'esc')],
  confirmations: [MOVE, SELECT, line('ask', 'r')],
  sweeps: [MOVE, line('openRuns', 'enter')],
  alerts: [MOVE, line('open', 'enter'), line('rule', 'n'), line('acknowledge', 'e')],
  journal: [MOVE, line('open', 'enter')],
  connections: [],
}

export const keySheet: readonly SheetPart[] = [
  {
    title: 'everywhere',
    lines: [
      line('query', '/'),
      line('palette', 'mod+k'),
      line({ triage: 'undo' }, 'u'),
      line({ triage: 'views' }, `g ${goDialogs.views}`),
      line({ triage: 'handOver' }, `g ${goDialogs['hand-over']}`),
      line('sheet', '?'),
    ],
  },
  { title: 'goTo', lines: pages.map((page) => line({ page }, `g ${goKeys[page]}`)) },
  { title: 'dialogs', lines: [line('submit', 'mod+enter'), line('leave', 'esc')] },
  ...pages.flatMap((page) =>
    ofPages[page].length === 0 ? [] : [{ title: { page }, lines: ofPages[page] } as const],
  ),
  { title: 'wizard', lines: [line('step', '1', '5'), line('steps', '[', ']')] },
]
