import { newLetterIds } from '../../domain/dead-letter/letter.ts'
import type { DeadLetters } from '../../ports/dead-letters.ts'
import type { Found, FoundLetter } from './found.ts'
import { newPreviews } from './preview.ts'

const READ_BATCH = 200

/** From the head on. Everything is put back at the end. */
export async function readQueue(
  deadLetters: DeadLetters,
  queue: string,
  limit: number,
  signal: AbortSignal,
): Promise<Found> {
  const letters: FoundLetter[] = []
  const preview = newPreviews()
  const idOf = newLetterIds()
  let complete = false
  const holding = await deadLetters.hold(queue, signal)
  try {
    while (letters.length < limit && !complete) {
      const wanted = Math.min(READ_BATCH, limit - letters.length)
      const batch = await holding.next(wanted, signal)
      complete = batch.length < wanted
      for (const { letter } of batch) letters.push({ ...idOf(letter), ...preview.letter(letter) })
    }
  } finally {
    await holding.close()
  }
  return { letters, complete }
}
