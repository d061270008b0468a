import type { Page } from 'playwright-core'

/** Consoles beside the main one: one that nobody has used yet, one whose journal somebody has rewritten, one under rules. */
export type OtherConsole = 'first' | 'forged' | 'guarded'

/** A page in one state, to be pictured and looked through by axe. */
export interface Shot {
  readonly name: string
  readonly path: string
  /** Of the console that it is taken of; absent: the main one. */
  readonly console?: OtherConsole
  /** What is done to the page before it is loaded. */
  readonly before?: (page: Page) => Promise<void>
  readonly act?: (page: Page) => Promise<void>
  /** It is pictured while it waits for an answer that does not come. */
  readonly loads?: boolean
}
