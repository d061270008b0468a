import { implement } from '@orpc/server'
import { alerts as contract } from '../../../src-preload/contract/alerts.ts'
import type { Alert, AlertRule } from '../../../src-preload/contract/alerts.ts'
import { changed, iso, meet, note, refuse } from './fake-world.ts'
import type { World } from './fake-world.ts'

export const MANY: AlertRule = {
  when: { measure: 'count', trouble: 'failed', above: 100 },
  only: null,
  forSec: 60,
  repeatSec: 3_600,
}

let number = 0

/** One that fires, as of a rule that stands there too. */
export function addAlert(world: World, more: Partial<Alert> = {}): Alert {
  const at = iso(world.now() - 8 * 60_000)
  const alert: Alert = {
    alert: `alert-${(number += 1)}`,
    rule: 'failed-pile-up',
    subject: { kind: 'source', name: 'shop' },
    when: MANY.when,
    value: 214,
    firedAt: at,
    toldAt: at,
    acknowledged: null,
    resolved: null,
    delivery: null,
    ...more,
  }
  if (!world.alerts.rules.has(alert.rule)) world.alerts.rules.set(alert.rule, { ...MANY, when: alert.when })
  world.alerts.alerts.set(alert.alert, alert)
  changed(world)
  return alert
}

export function fakeAlerts(world: World) {
  const os = implement(contract)
  const all = (): Alert[] => [...world.alerts.alerts.values()]
  return {
    list: os.list.handler(async ({ input }) => {
      await meet(world, 'alerts.list', null)
      return {
        rules: [...world.alerts.rules].map(([name, rule]) => ({ name, rule })),
        open: all().filter(({ resolved }) => resolved === null),
        resolved: all()
          .filter(({ resolved }) => resolved !== null)
          .slice(0, input.resolved),
        webhook: world.alerts.webhook,
        sampledAt: world.alerts.sampledAt,
      }
    }),
    acknowledge: os.acknowledge.handler(async ({ input }) => {
      await meet(world, 'alerts.acknowledge', null)
      const known = world.alerts.alerts.get(input.alert)
      if (known === undefined) refuse('alert-not-found', { alert: input.alert })
      const acknowledged = known.acknowledged ?? { at: iso(world.now()), by: world.operator }
      const next = { ...known, acknowledged }
      world.alerts.alerts.set(input.alert, next)
      note(world, { action: 'alert-acknowledged', source: known.subject.name, subject: known.alert })
      changed(world)
      return next
    }),
    saveRule: os.saveRule.handler(async ({ input }) => {
      await meet(world, 'alerts.saveRule', null)
      if (input.isNew && world.alerts.rules.has(input.name)) refuse('name-in-use', { name: input.name })
      world.alerts.rules.set(input.name, input.rule)
      changed(world)
      return {}
    }),
    removeRule: os.removeRule.handler(async ({ input }) => {
      await meet(world, 'alerts.removeRule', null)
      world.alerts.rules.delete(input.name)
      changed(world)
      return {}
    }),
    check: os.check.handler(() => ({ sampled: [], told: [], open: [] })),
  }
}
