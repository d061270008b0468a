import { effectScope, watch } from 'vue'
import type { Console } from './create-console.ts'
import { usePreferences } from './state/preferences.ts'
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
export async function mountAnswered({ app, spoken }: Console, place: string | Element): Promise<void> {
  const scope = effectScope(true)
  const answered = scope.run(() => app.runWithContext(askFirst))
  await Promise.all([spoken, Promise.race([answered, pause(ANSWER_WAIT_MS)])])
  app.mount(place)
  // From here on the page looks by itself.
  scope.stop()
}

/** Resolves when the sources are known, and how much of the one in view is in trouble, if its count does not take long. */
async function askFirst(): Promise<void> {
  const sources = useSources()
  const troubles = useTroubles()
  const inView = (): string | null => sources.current?.name ?? null
  troubles.look(() => [inView()].filter((name) => name !== null))
  knowNumbers(usePreferences().locale)
  await when(() => sources.known || sources.error !== null)
  const source = inView()
  if (source === null) return
  const counted = when(() => troubles.of(source)?.loading.value === false)
  await Promise.race([counted, pause(COUNT_WAIT_MS)])
}

/** The first number that is written loads all that the browser knows of numbers; now it has nothing else to do. */
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
