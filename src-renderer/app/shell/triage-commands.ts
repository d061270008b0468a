import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import { useSources } from '../state/sources.ts'
import { useTriage } from '../state/triage.ts'
import { addressOf, viewOf } from '../state/view-address.ts'
import type { Command } from './command.ts'
import { goDialogs } from './frame-keys.ts'

/** Hand-over, undo and the views that were saved. */
export function useTriageCommands(): ComputedRef<Command[]> {
  const { t } = useI18n()
  const route = useRoute()
  const router = useRouter()
  const triage = useTriage()
  const sources = useSources()

  return computed<Command[]>(() => [
    {
      key: 'hand-over',
      label: t('triage.command.handOver'),
      keys: `g ${goDialogs['hand-over']}`,
      run: () => triage.open({ kind: 'hand-over' }),
    },
    { key: 'undo', label: t('triage.command.undo'), keys: 'u', run: () => triage.open({ kind: 'undo' }) },
    ...(route.name === 'inbox'
      ? [
          {
            key: 'save-view',
            label: t('triage.command.saveView'),
            run: () =>
              triage.open({
                kind: 'save-view',
                fields: viewOf(route.query, sources.current?.name ?? null),
              }),
          },
        ]
      : []),
    {
      key: 'views',
      label: t('triage.command.views'),
      keys: `g ${goDialogs.views}`,
      run: () => triage.open({ kind: 'views' }),
    },
    ...triage.views.map((view) => ({
      key: `view ${view.view}`,
      label: t('triage.command.view', { name: view.name }),
      run: () => void router.push(addressOf(view)),
    })),
  ])
}
