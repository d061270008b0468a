import { implement } from '@orpc/server'
import { places, type PlacesReport, type PlacesStep } from '../../../src-preload/contract/places.ts'
import { meet, type World } from './fake-world.ts'

/** One chain of forty, of which the receiver has all but one. */
export const PLACES: PlacesReport = {
  where: 'public.inbox (billing @ db-7)',
  verdict: 'broken',
  stored: 40,
  sent: 39,
  consumed: 38,
  onTheWay: 1,
  untold: [],
  byKind: {
    'never-sent': 0,
    'sent-not-consumed': 1,
    'consumed-twice': 0,
    'consumed-out-of-order': 0,
    'consumed-unknown-to-sender': 0,
  },
  findings: [
    {
      kind: 'sent-not-consumed',
      chain: 'O-1',
      id: '880012',
      messageId: 'm-880012',
      consumedAt: null,
      position: '880039',
      passed: true,
      says: 'Message 880012 of chain O-1 was sent and not consumed.',
    },
  ],
  positions: [{ chain: 'O-1', position: '880039' }],
  remarks: [],
}

export function fakePlaces(world: World) {
  const os = implement(places)
  return {
    compare: os.compare.handler(async function* ({ input }): AsyncGenerator<PlacesStep> {
      await meet(world, 'places.compare', input.source)
      yield { type: 'progress', messages: 20 }
      yield { type: 'report', report: PLACES, digest: 'd'.repeat(64), json: '{}', html: '<!doctype html>' }
    }),
  }
}
