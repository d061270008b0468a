import { app, dialog } from 'electron'
import type { BrowserWindow } from 'electron'
import { explain } from '../../../src-preload/contract/explain.ts'
import { arrivalIn, arrivalOfFile, arrivalOfLink, PLAN_FILE_EXTENSION } from './arrivals.ts'
import type { Arrival } from './arrivals.ts'
import type { EngineProcess } from './engine-process.ts'
import type { MenuWords } from './menu-words.ts'
import type { ConsoleWindows } from './windows.ts'

interface Targets {
  readonly windows: ConsoleWindows
  readonly engine: Pick<EngineProcess, 'importPlan'>
}

/** Links and files that Redrive is opened with, at the start and while it runs. */
export interface Arrivals {
  /** The page that the first window opens with: of the link that the application was started with, if it was. */
  firstPage(argv: readonly string[]): string
  /** From now on they are opened; a plan file that the application was started with at once. */
  start(targets: Targets): void
  /** Asks for a plan file, as the menu's item does. */
  choosePlan(words: MenuWords): Promise<void>
}

/** Before the application is ready: macOS hands the link that it was started by over while it starts. */
export function hearArrivals(): Arrivals {
  let targets: Targets | null = null
  let first: Arrival | null = null
  const arrive = (arrival: Arrival | null): void => {
    if (targets === null) first ??= arrival
    else if (arrival === null) targets.windows.show()
    else void open(arrival, targets)
  }
  app.on('open-url', (event, link) => {
    event.preventDefault()
    arrive(arrivalOfLink(link))
  })
  app.on('open-file', (event, file) => {
    event.preventDefault()
    arrive(arrivalOfFile(file, '/'))
  })
  app.on('second-instance', (_event, argv, folder) => arrive(arrivalIn(argv.slice(1), folder)))
  app.on('activate', () => targets?.windows.show())

  return {
    firstPage(argv) {
      first ??= arrivalIn(argv, process.cwd())
      return first === null ? '' : pageOf(first)
    },
    start(given) {
      targets = given
      if (first?.kind === 'plan-file') void open(first, given)
    },
    async choosePlan({ planFiles, anyFile }) {
      if (targets === null) return
      const { filePaths } = await dialog.showOpenDialog({
        properties: ['openFile'],
        filters: [
          { name: planFiles, extensions: [PLAN_FILE_EXTENSION, 'ndjson'] },
          { name: anyFile, extensions: ['*'] },
        ],
      })
      const [path] = filePaths
      if (path !== undefined) await open({ kind: 'plan-file', path }, targets)
    },
  }
}

/** A plan is shown once the engine has it; until then the console shows what it showed. */
async function open(arrival: Arrival, { windows, engine }: Targets): Promise<void> {
  if (arrival.kind !== 'plan-file') return windows.show(pageOf(arrival))
  windows.show()
  const { plan, error } = await engine.importPlan(arrival.path)
  if (plan !== null) return windows.show(`#/plan?${new URLSearchParams({ plan }).toString()}`)
  const { what, means, next } = explain(error.code, error.detail)
  const options = { type: 'error' as const, message: what, detail: `${means}\n${next}` }
  const window: BrowserWindow | undefined = windows.all().at(-1)
  await (window === undefined ? dialog.showMessageBox(options) : dialog.showMessageBox(window, options))
}

/** The console's own address for it, written anew from what was read: no part of a link becomes an address as it came. */
function pageOf(arrival: Arrival): string {
  if (arrival.kind === 'plan-file') return ''
  if (arrival.kind === 'broken-link') return '#/message'
  const { source, message } = arrival.link
  return `#/message?${new URLSearchParams({ source, message }).toString()}`
}
