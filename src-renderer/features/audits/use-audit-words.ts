import { useI18n } from 'vue-i18n'
import type {
  Audit,
  AuditFinding,
  AuditHole,
  AuditReplica,
  AuditScope,
} from '../../../src-preload/contract/audits.ts'
import { localTime } from '../../ui/time.ts'
import { missingRange, secondsTaken, sizeOf } from './audit-model.ts'

const TENTHS_BELOW_SEC = 10
const MINUTE_SEC = 60

/** Sentences about audits and findings, in the operator's language. */
export function useAuditWords() {
  const { t, n } = useI18n()

  function scope(about: AuditScope): string {
    if (about.kind === 'chains') {
      const [first] = about.chains
      return about.chains.length === 1
        ? t('audits.scope.chain', { chain: first })
        : t('audits.scope.chains', { n: n(about.chains.length) })
    }
    return about.kind === 'since'
      ? t('audits.scope.since', { id: about.id })
      : t(`audits.scope.${about.kind}`)
  }

  function duration(audit: Audit, nowMs: number): string {
    const seconds = secondsTaken(audit, nowMs)
    if (seconds < TENTHS_BELOW_SEC)
      return t('audits.duration.seconds', { n: n(Math.round(seconds * 10) / 10) })
    if (seconds < MINUTE_SEC) return t('audits.duration.seconds', { n: n(Math.round(seconds)) })
    const whole = Math.round(seconds)
    return t('audits.duration.minutes', { m: Math.floor(whole / MINUTE_SEC), s: whole % MINUTE_SEC })
  }

  function size(bytes: number): string {
    const { value, unit } = sizeOf(bytes)
    return `${n(value)} ${unit}`
  }

  /** Why a message is missing, as far as that can be told. */
  function reason({ reason: why, detail }: AuditHole): string {
    const since = detail['since']
    const values = {
      pid: '–',
      last: '–',
      verifiedTo: '–',
      chain: '–',
      ...detail,
      since: typeof since === 'string' && !Number.isNaN(Date.parse(since)) ? localTime(since) : '–',
    }
    const wrote = why === 'transaction-open' && detail['wrote'] === 1 ? '-wrote' : ''
    return t(`audits.reason.${why}${wrote}`, values)
  }

  function finding(found: AuditFinding): string {
    const { kind, id, hole, missingTo } = found
    const prev = kind === 'missing' ? missingRange(found) : (found.prevId ?? '–')
    const many = kind === 'missing' && missingTo !== null && missingTo !== found.prevId
    const what = t(`audits.says.${many ? 'missingMany' : kind}`, { id, prev })
    return hole === null ? what : `${what}${t('audits.says.because')}${reason(hole)}`
  }

  /** Where the survey was read, and how far the replica was behind. */
  function surveyOn({ server, used, behindBytes, waitedMs, trouble }: AuditReplica): string {
    if (!used)
      return t('audits.surveyOn.refused', {
        server,
        why: t(`audits.replicaTrouble.${trouble?.kind ?? 'behind'}`),
      })
    if (behindBytes === null) return t('audits.surveyOn.replica', { server })
    const wait = t('audits.duration.seconds', { n: n(Math.round(waitedMs / 100) / 10) })
    return t('audits.surveyOn.current', { server, behind: size(behindBytes), wait })
  }

  return { scope, duration, surveyOn, size, reason, finding }
}
