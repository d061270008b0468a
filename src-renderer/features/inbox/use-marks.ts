import { computed, type ComputedRef } from 'vue'
import type { MessageMark } from '../../../src-preload/contract/triage.ts'
import { useAsk } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'

export type MarkOf = (source: string, messageId: string) => MessageMark | null

/** What is written down beside the messages of these sources: asked once a source, not once a row. */
export function useMarks(sources: () => readonly string[]): ComputedRef<MarkOf> {
  const client = useClient()
  const marks = useAsk({
    subject: () => (sources().length === 0 ? null : sources()),
    ask: async (names, signal) => {
      const answers = await Promise.all(
        names.map(async (source) => ({ source, ...(await client.notes.marks({ source }, { signal })) })),
      )
      return new Map(
        answers.flatMap(({ source, marks: found }) =>
          found.map((mark): [string, MessageMark] => [`${source}/${mark.messageId}`, mark]),
        ),
      )
    },
    againMs: 2_000,
  })
  return computed<MarkOf>(() => {
    const known = marks.data.value
    if (known === null || known.size === 0) return () => null
    return (source, messageId) => known.get(`${source}/${messageId}`) ?? null
  })
}
