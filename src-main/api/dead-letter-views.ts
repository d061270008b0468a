import type {
  DeadLetterQueue,
  Letter,
  LetterDetail,
  Look as ApiLook,
} from '../../src-preload/contract/dead-letters.ts'
import type { Look } from '../app/dead-letters/looking.ts'
import type { StoredRows } from '../app/dead-letters/stored-rows.ts'
import type { Engine } from '../app/engine.ts'
import { groupByCause, REDRIVES_MAX_DEFAULT } from '../domain/dead-letter/look.ts'
import type { LookedLetter } from '../domain/dead-letter/look.ts'
import { placeName } from '../domain/dead-letter/place.ts'
import type { DeadLetterPlace } from '../domain/dead-letter/place.ts'
import { maskCut, maskHeaders, maskPayload } from '../domain/masking.ts'
import type { MaskRules } from '../domain/masking.ts'
import type { QueueFacts } from '../ports/dead-letters.ts'
import { errorData } from './errors.ts'
import { maskedContent } from './masked-texts.ts'
import { messageEvidence } from './message-evidence.ts'

/** A broker that does not answer must not keep the others from being shown. */
const FACTS_TIMEOUT_MS = 5_000

/** Queues, looks and letters as they stand now, with the marks that Redrive has made since they were read. */
export interface LetterViews {
  queue(place: DeadLetterPlace, signal: AbortSignal): Promise<DeadLetterQueue>
  look(look: Look): Promise<ApiLook>
  letters<One extends LookedLetter>(
    place: DeadLetterPlace,
    letters: readonly One[],
  ): Promise<(One & Pick<Letter, 'mark'>)[]>
}

export function letterViews({ connections, looking, locks, ports }: Engine): LetterViews {
  /** Messages of a queue have none: what was done with them is no longer in it. */
  const marksOf = (place: DeadLetterPlace, letters: readonly LookedLetter[]) =>
    ports.recordLedger.marks(
      placeName(place),
      letters.flatMap(({ id, position }) => (position === null ? [] : [id])),
    )
  const lookView = async ({ look, place, at, before, letters, complete }: Look): Promise<ApiLook> => {
    const groups = groupByCause(letters, REDRIVES_MAX_DEFAULT, await marksOf(place, letters))
    return { look, at, before, messages: letters.length, complete, groups: [...groups] }
  }
  return {
    look: lookView,
    async queue(place, signal) {
      const last = looking.last(place)
      const head = {
        place: placeName(place),
        ...place,
        environment: await connections.environment(placeName(place)),
        unlockedUntil: locks.unlockedUntil(placeName(place)),
        look: last === null ? null : await lookView(last),
      }
      try {
        const limited = AbortSignal.any([signal, AbortSignal.timeout(FACTS_TIMEOUT_MS)])
        return { ...head, facts: factsView(await looking.facts(place, limited)), error: null }
      } catch (error) {
        signal.throwIfAborted()
        return { ...head, facts: null, error: errorData(error, ports.log) }
      }
    },
    async letters(place, letters) {
      const marks = await marksOf(place, letters)
      return letters.map((one) => ({ ...one, mark: marks.get(one.id) ?? null }))
    },
  }
}

/** Without the name, which stands in the head. */
function factsView({ type, brokerVersion, messages, consumers, deliveryLimit, costs, refusal }: QueueFacts) {
  return { type, brokerVersion, messages, consumers, deliveryLimit, costs: [...costs], refusal }
}

export function storedViews({ source, messages, shown }: StoredRows): LetterDetail['stored'] {
  const isMapped = shown.where !== null || shown.problem !== null
  return messages.map(({ id, state, createdAt, attempts, attemptsMax }, at) => ({
    source,
    id,
    state,
    createdAt,
    attempts,
    attemptsMax,
    evidence: isMapped ? messageEvidence(shown, at) : null,
  }))
}

/** A body that is cut cannot be read, so nobody can say where in it what is masked stands. */
export function maskedLetter(letter: Omit<LetterDetail, 'masked'>, rules: MaskRules | null): LetterDetail {
  const { preview, cut } = letter
  const payload = preview === null ? null : cut ? maskCut(rules, preview) : maskPayload(rules, preview)
  const headers = maskHeaders(rules, letter.headers)
  return {
    ...letter,
    preview: payload?.text ?? null,
    headers: headers.text,
    masked: payload === null ? maskedContent(headers) : maskedContent(payload, headers),
  }
}
