import { canonical } from '../domain/digest.ts'
import type { Json } from '../domain/digest.ts'
import { RedriveError } from '../domain/errors.ts'
import type { StoreConfig, Workspace } from '../domain/workspace.ts'
import type { Password } from '../ports/drivers.ts'
import type { KeyPlace, Signer } from '../ports/signing.ts'
import type { Store } from '../ports/store.ts'
import type { Clock, Secrets, WorkspaceStore } from '../ports/surroundings.ts'
import { openSigned, openSignerOf } from './open-signed.ts'

export const storeFileName = 'redrive.db'
/** Password of a store that is named on the command line and not in the workspace. */
const PASSWORD_VARIABLE = 'REDRIVE_STORE_PASSWORD'

export interface StoreChoice {
  readonly workspace: WorkspaceStore
  readonly secrets: Secrets
  /** Folder of the local store, and of what this console remembers of a shared one. */
  readonly dataDir: string
  /** In the place of what the workspace says. */
  readonly storeUrl?: string | null
  readonly clock: Clock
  /** Where the key is that signs the journal; absent: beside the store. */
  readonly signingKey?: KeyPlace | undefined
}

export interface ChosenStore {
  readonly store: Store
  /** Null where nothing can be signed, and so nothing written. */
  readonly signer: Signer | null
  /** Refuses to be read once it names another store than the one that is open. */
  readonly workspace: WorkspaceStore
}

/** Opens the store of the team where the workspace or the command line names one, else the file of this machine. */
export async function openChosenStore(choice: StoreChoice): Promise<ChosenStore> {
  const { workspace, secrets, dataDir, storeUrl = null, clock, signingKey: place } = choice
  // One that cannot be read opens no source either: what is wrong with it is told where it is needed.
  const named = await workspace.load().then(
    (loaded) => loaded.store ?? null,
    () => null,
  )
  const config = storeUrl === null ? named : { ...named, url: storeUrl }
  const pinned = pin(workspace, named)
  if (config === null)
    return { ...(await openSigned({ dataDir, fileName: storeFileName, place }, clock)), workspace: pinned }
  const { openSharedStore } = await import('../adapters/store-postgres/open-store.ts')
  const { url, tls } = config
  const password = passwordOf(config, secrets)
  const signer = await openSignerOf({ dataDir, place })
  const store = await openSharedStore({ url, password, dataDir, clock, signer, ...(tls && { tls }) })
  return { store, signer, workspace: pinned }
}

function passwordOf({ password }: StoreConfig, secrets: Secrets): Password {
  const ref = password ?? (process.env[PASSWORD_VARIABLE] ? { env: PASSWORD_VARIABLE } : null)
  // Servers that trust their neighbours are asked with an empty password.
  if (ref === null) return () => Promise.resolve('')
  return Object.assign(() => secrets.resolve('store', ref), {
    renew: () => secrets.renew?.('store', ref) ?? false,
  })
}

/** What is done after the file names another store would be written down where nobody of the team looks. */
function pin(workspace: WorkspaceStore, named: StoreConfig | null): WorkspaceStore {
  const key = (config: StoreConfig | null): string => canonical(config as unknown as Json)
  return {
    async load(): Promise<Workspace> {
      const loaded = await workspace.load()
      if (key(loaded.store ?? null) === key(named)) return loaded
      const problem = 'it names another store than the one that is open: start Redrive again'
      throw new RedriveError('workspace-invalid', 'never', { path: 'workspace', at: 'store', problem })
    },
    save: (next) => workspace.save(next),
  }
}
