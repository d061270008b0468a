/** Line drawings on a 16 px grid, stroke 1.5. */
export const glyphs = {
  overview: 'M2.5 13.5v-4M6.5 13.5v-8M10.5 13.5v-6M14 13.5v-11',
  inbox: 'M2 9.5 4 3h8l2 6.5V13H2zM2 9.5h3.5L6.5 11h3l1-1.5H14',
  jobs: 'M13 5.5A5.5 5.5 0 1 0 13.5 8M13.5 2.5v3h-3',
  unknown: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2M6.2 6.4a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.6-.8 1.2M8 11.4v.1',
  sweeps: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M8 5v3l2.2 1.4',
  journal: 'M4 2h8.5v12H4a1.5 1.5 0 0 1 0-3h8.5M2.5 12.5v-9A1.5 1.5 0 0 1 4 2M6 5h4M6 7.5h4',
  connections: 'M5.5 2v3M10.5 2v3M4 5h8v2.5a4 4 0 0 1-8 0zM8 11.5V14',
  settings: 'M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6M10 2.8v3.4M6 9.8v3.4',
  locked: 'M3.5 7.5h9V14h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  unlocked: 'M3.5 7.5h9V14h-9zM5.5 7.5V5a2.5 2.5 0 0 1 4.9-.7',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.5 10.5 14 14',
  close: 'M4 4l8 8M12 4l-8 8',
  refresh: 'M13 5.5A5.5 5.5 0 1 0 13.5 8M13.5 2.5v3h-3',
  down: 'M4.5 6.5 8 10l3.5-3.5',
  right: 'M6.5 4.5 10 8l-3.5 3.5',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  check: 'M3 8.5 6.5 12 13 4.5',
  warning: 'M8 2 14.5 13.5h-13zM8 6.5v3M8 11.7v.1',
  plus: 'M8 3v10M3 8h10',
  sort: 'M5 3v10M2.5 10.5 5 13l2.5-2.5M9.5 4h4.5M9.5 8h3M9.5 12h1.5',
} as const
export type GlyphName = keyof typeof glyphs
