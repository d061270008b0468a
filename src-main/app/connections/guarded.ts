import { RedriveError } from '../../domain/errors.ts'
import { say } from '../../domain/text.ts'
import type { BrokerConfig, Environment, SourceConfig, Workspace } from '../../domain/workspace.ts'

/*
 * What a page may not do to what a second person guards: a source that is development from now on, or the same database or
 * broker under another name, would be the way round. Whoever keeps the workspace file can do it there.
 */

interface Save<Config> {
  readonly name: string
  readonly config: Config
}

/** Throws `policy-forbids`. */
export function requireSaveable(workspace: Workspace, { name, config }: Save<SourceConfig>): void {
  const before = workspace.sources[name]
  const guarded = before === undefined ? null : guardOf(workspace, before)
  if (before !== undefined && guarded !== null && standing(config) !== standing(before))
    throw forbidden(guarded)
  for (const other of Object.values(workspace.sources)) {
    const environment = guardOf(workspace, other)
    if (environment === null || config.environment === environment) continue
    if (placeOf(other.url) === placeOf(config.url)) throw forbidden(environment)
  }
}

/** Throws `policy-forbids`. */
export function requireBrokerSaveable(workspace: Workspace, { name, config }: Save<BrokerConfig>): void {
  for (const [other, before] of Object.entries(workspace.brokers)) {
    const environment = guardOfBroker(workspace, other)
    if (environment === null) continue
    const same = placesOf(before).some((place) => placesOf(config).includes(place))
    if (other === name ? !same : same) throw forbidden(environment)
  }
}

/** Throws `policy-forbids`. */
export function requireRemovable(workspace: Workspace, kind: 'source' | 'broker', name: string): void {
  const source = workspace.sources[name]
  const ofSource = source === undefined ? null : guardOf(workspace, source)
  const environment = kind === 'broker' ? guardOfBroker(workspace, name) : ofSource
  if (environment === null) return
  throw new RedriveError('policy-forbids', 'never', { reason: say('guard.removal', { environment }) })
}

/** Null: nobody guards it. */
function guardOf(
  { policies = {} }: Workspace,
  { environment }: Pick<SourceConfig, 'environment'>,
): Environment | null {
  return policies[environment]?.approval === undefined ? null : environment
}

/** That of the sources that deliver to it; one that none delivers to is taken for production. */
function guardOfBroker(workspace: Workspace, name: string): Environment | null {
  const delivering = Object.values(workspace.sources).filter(({ deliver }) => deliver?.broker === name)
  if (delivering.length === 0) return guardOf(workspace, { environment: 'production' })
  return delivering.map((source) => guardOf(workspace, source)).find((found) => found !== null) ?? null
}

/** What a guarded source is guarded by. */
function standing({ environment, url, deliver }: SourceConfig): string {
  return JSON.stringify([environment, placeOf(url), deliver?.broker ?? null])
}

function placesOf(config: BrokerConfig): readonly string[] {
  return config.driver === 'kafka' ? config.brokers.map((node) => node.toLowerCase()) : [placeOf(config.url)]
}

/** Server and database of an address; who logs in there makes no other place of it. */
function placeOf(url: string): string {
  if (!URL.canParse(url)) return url
  const { protocol, hostname, port, pathname } = new URL(url)
  return [protocol, hostname.toLowerCase(), port, pathname].join(' ')
}

function forbidden(environment: Environment): RedriveError {
  return new RedriveError('policy-forbids', 'never', { reason: say('guard.environment', { environment }) })
}
