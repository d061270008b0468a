import { defineStore } from 'pinia'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { neededRole, type ProcedureName } from '../../../src-preload/contract/roles.ts'
import { roles } from '../../../src-preload/contract/terms.ts'
import { useSession } from './session.ts'

/** What the person's role lets them do, as the engine will say it too: it refuses whatever a page forgets to. */
export const usePermission = defineStore('permission', () => {
  const { t } = useI18n({ useScope: 'global' })
  const session = useSession()
  /** Null: not known yet; then nothing is shown as refused. */
  const role = computed(() => session.info?.role ?? null)

  /** The sentence beside what is not allowed; null: it is. */
  function whyNot(call: ProcedureName): string | null {
    const needed = neededRole(call.split('.'))
    if (role.value === null || needed === null) return null
    if (roles.indexOf(role.value) >= roles.indexOf(needed)) return null
    return t('shell.role.refused', { role: t(`shell.role.${role.value}`), needed: t(`shell.role.${needed}`) })
  }

  return { whyNot }
})
