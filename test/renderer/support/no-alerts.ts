import type { Alert, AlertRule } from '../../../src-preload/contract/alerts.ts'

export interface FakeAlerts {
  readonly rules: Map<string, AlertRule>
  readonly alerts: Map<string, Alert>
  webhook: string | null
  sampledAt: string | null
}

export function noAlerts(): FakeAlerts {
  return { rules: new Map(), alerts: new Map(), webhook: null, sampledAt: null }
}
