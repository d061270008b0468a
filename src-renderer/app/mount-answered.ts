import { effectScope, watch } from 'vue'
import type { Console } from './create-console.ts'
import { usePreferences } from './state/preferences.ts'
import { useSession } from './state/session.ts'
import { useSources } from './state/sources.ts'
import { useTroubles } from './state/troubles.ts'

/** An engine that takes longer finds the page drawn without its answers, as "connecting". */
const ANSWER_WAIT_MS = 200
/** A source that takes longer counts while the page is drawn. */
const COUNT_WAIT_MS = 50

/**
 * Asks the engine for what the first look shows, and draws the page once that is known: it is drawn once and not three times.
 * Drawn first, the page would send its questions only when it is done with drawing.
 */
export async function mountAnswered({ app, dressed }: Console, place: string | Element): Promise<void> {
  const scope = effectScope(true)
  const answered = scope.run(() => app.runWithContext(askFirst))
  await Promise.all([dressed, Promise.race([answered, pause(ANSWER_WAIT_MS)])])
  app.mount(place)
  // From here on the page looks by itself.
  scope.stop()
}

/** Resolves when the sources are known, and how much of the one in view is in trouble, if its count does not take long. */
async function askFirst(): Promise<void> {
  const sources = useSources()
  const troubles = useTroubles()
  const session = useSession()
  const { source: chosen, locale } = usePreferences()
  // Until the sources are known the one that was chosen is in view; if it is gone, nobody sees its answer.
  const inView = (): string | null => (sources.known ? (sources.current?.name ?? null) : chosen)
  troubles.look(() => [inView()].filter((name) => name !== null))
  // Once the questions are on their way.
  void when(() => session.line === 'connected').then(() => setTimeout(() => knowNumbers(locale)))
  await when(() => sources.known || sources.error !== null)
  const source = inView()
  if (source === null) return
  const counted = when(() => troubles.of(source)?.loading.value === false)
  await Promise.race([counted, pause(COUNT_WAIT_MS)])
}

/** The first number that is written loads all that the browser knows of numbers; while the engine answers there is time. */
function knowNumbers(locale: string): void {
  new Intl.NumberFormat(locale).format(0)
}

async function when(isSo: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = watch(isSo, (so) => (so ? resolve() : undefined), { immediate: true })
  await promise
  stop()
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
