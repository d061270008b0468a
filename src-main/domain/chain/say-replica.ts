import type { AuditReplica } from '../audit.ts'

/** In English, for reports and scripts. */
export function sayReplica({
  server,
  used,
  behindBytes,
  waitedMs,
  sameSystem,
  trouble,
}: AuditReplica): string {
  const state =
    behindBytes === null
      ? ''
      : `it was ${behindBytes} bytes of the log behind and was waited for ${waitedMs} ms`
  const unchecked =
    sameSystem === null && used
      ? ' Whether it belongs to the same system could not be checked, only that it has the same table.'
      : ''
  if (used) return `The survey was read on the replica ${server}: ${state}.${unchecked}`
  const why = trouble === null ? 'it was not asked' : `${trouble.kind}, ${trouble.reason}`
  return `The replica ${server} was not used (${why}${state === '' ? '' : `; ${state}`}): the survey was read on the source.`
}
