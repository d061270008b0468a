import { alerts as contract } from '../../src-preload/contract/alerts.ts'
import type { Alert as AlertView, AlertRule as RuleView } from '../../src-preload/contract/alerts.ts'
import type { Engine } from '../app/engine.ts'
import type { Alert, Delivery } from '../domain/alert/alert.ts'
import { NO_ALERTS } from '../domain/alert/rule.ts'
import type { AlertRule } from '../domain/alert/rule.ts'
import type { Sample } from '../domain/sample.ts'
import { implementer } from './implementer.ts'
import { required } from './signal.ts'

const SECOND_MS = 1_000

export function alertRoutes(engine: Engine) {
  const { watch, connections, ports } = engine
  const os = implementer(engine, { alerts: contract })
  const views = async (alerts: readonly Alert[]): Promise<AlertView[]> => {
    const deliveries = await watch.deliveries(alerts)
    return alerts.map((alert) => viewOf(alert, deliveries.get(alert.alert) ?? null))
  }
  return {
    list: os.alerts.list.handler(async ({ input }) => {
      const { alerts = NO_ALERTS } = await connections.workspace()
      const latest = await ports.samples.latest()
      return {
        rules: Object.entries(alerts.rules).map(([name, rule]) => ({ name, rule: ruleView(rule) })),
        open: await views(await ports.alerts.open()),
        resolved: await views(await ports.alerts.resolved(input.resolved)),
        webhook: alerts.webhook === undefined ? null : new URL(alerts.webhook.url).host,
        sampledAt:
          latest.length === 0 ? null : new Date(Math.max(...latest.map(({ atMs }) => atMs))).toISOString(),
      }
    }),
    acknowledge: os.alerts.acknowledge.handler(async ({ input }) => {
      const [view] = await views([await watch.acknowledge(input.alert)])
      return view as AlertView
    }),
    saveRule: os.alerts.saveRule.handler(async ({ input: { name, isNew, rule } }) => {
      await watch.saveRule(name, isNew, toRule(rule))
      return {}
    }),
    removeRule: os.alerts.removeRule.handler(async ({ input }) => {
      await watch.removeRule(input.name)
      return {}
    }),
    check: os.alerts.check.handler(async ({ input, signal }) => {
      const round = await watch.round(input.paceSec * SECOND_MS, required(signal))
      await watch.deliver(required(signal))
      const told = await views(round.told.map(({ alert }) => alert))
      return {
        sampled: round.samples.map(sampledView),
        told: round.told.flatMap(({ event }, index) => {
          const alert = told[index]
          return alert === undefined ? [] : [{ event, alert }]
        }),
        open: await views(round.open),
      }
    }),
  }
}

function viewOf(alert: Alert, delivery: Delivery | null): AlertView {
  return { ...alert, delivery }
}

function ruleView({ when, only, forSec, repeatSec }: AlertRule): RuleView {
  return { when, only: only ?? null, forSec, repeatSec }
}

function toRule({ when, only, forSec, repeatSec }: RuleView): AlertRule {
  return { when, ...(only === null ? {} : { only }), forSec, repeatSec }
}

function sampledView(sample: Sample) {
  const { kind, name, code } = sample
  const levels = sample.kind === 'source' ? sample.levels : null
  return {
    kind,
    name,
    code,
    stuck: levels?.stuck.count ?? null,
    failed: levels?.failed.count ?? null,
    unconfirmed: levels?.unconfirmed.count ?? null,
  }
}
