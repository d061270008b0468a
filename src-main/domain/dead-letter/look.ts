import type { DeathStory } from './story.ts'

/** Messages that one look reads at most. */
export const LOOK_MAX = 10_000
/** Times that a message is redriven before it is held for a person. */
export const REDRIVES_MAX_DEFAULT = 3

/** A dead letter as a look found it. The queue may have changed since. */
export interface LookedLetter {
  readonly id: string
  /** Of all that it is; a plan finds it again by this. */
  readonly digest: string
  readonly messageId: string | null
  readonly type: string | null
  readonly exchange: string
  readonly routingKey: string
  readonly contentType: string | null
  readonly bytes: number
  /** Text of the body as far as it is kept; null: it is no text. */
  readonly preview: string | null
  /** The preview ends before the body does. */
  readonly cut: boolean
  /** JSON text of all headers, for the eye; long values are cut. */
  readonly headers: string
  /** Name of a header that cannot be written again without loss; null: none. */
  readonly damagedHeader: string | null
  /** It was not there at the look before; null: there was none. */
  readonly isNew: boolean | null
  readonly story: DeathStory
  /** Of a record of a topic; null: it is a message of a queue. */
  readonly position: LetterPosition | null
}

export interface LetterPosition {
  readonly partition: number
  /** Digits. */
  readonly offset: string
  /** As text as far as it is text; null: it has none. */
  readonly key: string | null
  /** Its value is null, which is not the same as empty. */
  readonly tombstone: boolean
}

export interface CauseGroup {
  /** Null: nothing says why. */
  readonly cause: string | null
  readonly count: number
  readonly firstDiedAt: string | null
  readonly lastDiedAt: string | null
  /** Came since the look before; null: there was none. */
  readonly fresh: number | null
  /** Came back after a redrive. */
  readonly cameBack: number
  /** Redriven so often that they are held for a person. */
  readonly held: number
  /** Redriven or discarded, and there all the same, as records of a topic are. */
  readonly marked: number
}

export function isHeld({ story }: Pick<LookedLetter, 'story'>, heldAfter: number): boolean {
  return story.redrive !== null && story.redrive.times >= heldAfter
}

/** The largest first. */
export function groupByCause(
  letters: readonly LookedLetter[],
  heldAfter: number,
  marked: { readonly has: (id: string) => boolean },
): readonly CauseGroup[] {
  const groups = new Map<string | null, CauseGroup>()
  for (const letter of letters) {
    const { story, isNew } = letter
    const before = groups.get(story.cause) ?? emptyGroup(story.cause, isNew !== null)
    groups.set(story.cause, {
      cause: story.cause,
      count: before.count + 1,
      firstDiedAt: least(before.firstDiedAt, story.firstDiedAt),
      lastDiedAt: greatest(before.lastDiedAt, story.lastDiedAt),
      fresh: isNew === null ? null : (before.fresh ?? 0) + Number(isNew),
      cameBack: before.cameBack + Number(story.redrive !== null),
      held: before.held + Number(isHeld(letter, heldAfter)),
      marked: before.marked + Number(marked.has(letter.id)),
    })
  }
  return [...groups.values()].sort((one, other) => other.count - one.count)
}

function emptyGroup(cause: string | null, compared: boolean): CauseGroup {
  const none = { firstDiedAt: null, lastDiedAt: null, cameBack: 0, held: 0, marked: 0 }
  return { cause, count: 0, fresh: compared ? 0 : null, ...none }
}

function least(one: string | null, other: string | null): string | null {
  return one === null || (other !== null && other < one) ? other : one
}

function greatest(one: string | null, other: string | null): string | null {
  return one === null || (other !== null && other > one) ? other : one
}
