import { watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute } from 'vue-router'
import type { Job } from '../../../src-preload/contract/jobs.ts'
import { useActs } from '../state/acts.ts'
import { useNotices } from '../state/notices.ts'
import { useSession } from '../state/session.ts'
import { useClient } from '../use-client.ts'

const NOTICE_MS = 12_000

/**
 * A notice for a job that ended or came to a stand while nobody looked at it: neither on its page nor in the dialog that
 * started it.
 */
export function useJobNotices(): void {
  const { t } = useI18n()
  const notices = useNotices()
  const route = useRoute()
  const client = useClient()
  const session = useSession()
  const acts = useActs()

  const isWatched = (job: string): boolean =>
    acts.act !== null || (route.name === 'job' && route.params['job'] === job)

  function sentence({ job, tally }: Job): string {
    const parts = (['confirmed', 'returned', 'refused', 'unknown', 'skipped', 'parked'] as const).flatMap(
      (result) => (tally[result] === 0 ? [] : [`${tally[result]} ${t(`words.result.${result}`)}`]),
    )
    return parts.length === 0 ? job : parts.join(' · ')
  }

  function stateOf({ state, interruption }: Job): string {
    const braked = state === 'paused' && interruption?.code === 'brake-pulled'
    return braked ? t('jobs.braked') : t(`words.job.${state}`)
  }

  async function tell(id: string): Promise<void> {
    try {
      const job = await client.jobs.get({ job: id })
      notices.tell({
        title: t('shell.notice.jobEnded', { job: id, state: stateOf(job) }),
        content: sentence(job),
        more: { to: { name: 'job', params: { job: id } }, text: t('shell.notice.open') },
        shownMs: NOTICE_MS,
      })
    } catch {
      // The jobs page says it; a notice that cannot be written is none.
    }
  }

  watch(
    () => new Map(session.status?.jobs.map(({ job, state }) => [job, state]) ?? []),
    (now, before) => {
      for (const [job, state] of before) {
        const next = now.get(job)
        const stopped = next === undefined || (state === 'running' && next !== 'running')
        if (stopped && !isWatched(job)) void tell(job)
      }
    },
  )
}
