import { createMemorySecrets } from '../../../adapters/secrets-memory/memory-secrets.ts'
import { systemClock } from '../../../adapters/system/clock.ts'
import { localProcesses } from '../../../adapters/system/processes.ts'
import { openWorkspaceFile } from '../../../adapters/workspace-file/workspace-file.ts'
import { standAfterRestore } from '../../../app/restore/after-restore.ts'
import { everySecret } from '../../common/every-secret.ts'
import { operatorName } from '../../common/places.ts'
import { passwordPrompt } from '../../common/prompt.ts'
import { signingKeyOf } from '../../common/signing-key.ts'
import { openChosenStore } from '../../store.ts'
import type { Command } from '../command.ts'
import { reasonOption } from '../options.ts'
import { told } from './backup.ts'

export const storeRestored: Command = {
  words: ['store', 'restored'],
  summary: 'After a store was set back by other means (pg_restore): nothing of it goes on by itself',
  operands: [],
  options: { reason: reasonOption },
  async run(context) {
    const { args, globals, output } = context
    const reason = args.required('reason')
    const { workspaceFile, dataDir, storeUrl } = globals
    const [clock, env, prompt] = [systemClock(), process.env, passwordPrompt()]
    // Not by the engine: it would take jobs over before they are held.
    const { store } = await openChosenStore({
      workspace: openWorkspaceFile({ path: workspaceFile }),
      secrets: everySecret(createMemorySecrets({ env, ...(prompt !== undefined && { prompt }) }), {
        dataDir,
        env,
        prompt,
        clock,
      }),
      dataDir,
      storeUrl,
      clock,
      ...signingKeyOf(env),
    })
    try {
      if (store.refusal !== null) throw store.refusal
      const self = localProcesses().self
      const unsettled = await standAfterRestore({ store, self, operator: operatorName(), detail: { reason } })
      output.object({ type: 'store-restored', ...unsettled }, { ...unsettled })
      return told(context, unsettled)
    } finally {
      await store.close()
    }
  },
}
