import { RedriveError } from '../../domain/errors.ts'
import { stagedLayouts } from '../../domain/mapping/mapping.ts'
import type { Mapping, StagedForm } from '../../domain/mapping/mapping.ts'
import { PROFILE_AUTO } from './profiles.ts'

const PREFIX = 'redis-'

/** Names of the profiles for messages in Redis: one for each layout, with the columns of the reference outbox as fields. */
export const stagedProfiles: readonly string[] = stagedLayouts.map((layout) => `${PREFIX}${layout}`)

/**
 * The mapping of a profile by its name; null for `auto` as long as nobody knows the layout. Throws RedriveError
 * `workspace-invalid` where no profile has this name.
 */
export function chooseStaged(profile: string, layout: StagedForm['layout'] | null): Mapping | null {
  if (profile === PROFILE_AUTO) return layout === null ? null : ofLayout(layout)
  const named = stagedLayouts.find((one) => `${PREFIX}${one}` === profile)
  if (named !== undefined) return ofLayout(named)
  throw new RedriveError('workspace-invalid', 'never', {
    at: 'outbox.profile',
    problem: `there is no profile "${profile}" for Redis; known are ${PROFILE_AUTO}, ${stagedProfiles.join(', ')}`,
  })
}

/** Where the layout itself tells the time, it does; a set is in the order of milliseconds. */
function ofLayout(layout: StagedForm['layout']): Mapping {
  const created = layout === 'stream' ? '@time' : layout === 'sorted-set' ? '@score' : 'created_at'
  return {
    profile: `${PREFIX}${layout}`,
    about: 'Messages that wait in Redis until the broker has confirmed them, and are removed then.',
    staged: { layout },
    key: '@id',
    messageId: { first: [{ column: 'message_id' }, { column: '@id' }] },
    type: 'type',
    destination: { exchange: 'exchange', routingKey: 'routing_key' },
    payload: { value: 'payload', encoding: 'json' },
    headers: { value: 'headers' },
    times: { created },
    columns: { [created]: { time: 'epoch-ms' } },
    states: [{ state: 'pending', when: { all: [] } }],
    sentRows: 'deleted',
    relay: { model: 'poller', note: 'Any job of the service that sends again what is still there.' },
  }
}
