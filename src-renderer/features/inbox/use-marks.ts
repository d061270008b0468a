import { computed, type ComputedRef } from 'vue'
import type { MessageMark } from '../../../src-preload/contract/triage.ts'
import { useAsk } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'

/** What is written down beside the messages of these sources: asked once a source, not once a row. */
export function useMarks(
  sources: () => readonly string[],
): ComputedRef<(source: string, messageId: string) => MessageMark | null> {
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
  return computed(() => {
    const known = marks.data.value
    return (source, messageId) => known?.get(`${source}/${messageId}`) ?? null
  })
}
