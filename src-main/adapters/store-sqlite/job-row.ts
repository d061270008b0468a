/** A job with what it takes from its plan; ends before WHERE. */
export const SELECT_JOB = `
  SELECT j.job_key AS jobKey, j.plan_key AS planKey, j.job, j.kind, p.plan, p.digest, j.source, p.broker, j.state, j.operator,
    j.options, j.created_at AS createdAt, j.ended_at AS endedAt, j.interruption_code AS interruptionCode,
    j.interruption_reason AS interruptionReason,
    j.interruption_pull AS interruptionPull, j.owner_host AS ownerHost, j.owner_pid AS ownerPid,
    j.owner_instance AS ownerInstance, p.items, j.ended, j.confirmed, j.returned, j.refused, j.unknown, j.skipped,
    j.parked, j.unsettled, j.unmarked
  FROM jobs j JOIN plans p ON p.plan_key = j.plan_key`

/** Of `job_spans i`. */
export const SPAN_COLUMNS = `i.first_seq AS first, i.last_seq AS last, i.state AS itemState, i.version AS nextVersion,
  i.result, i.code, i.reason, i.marked, i.settled_as AS settledAs, i.updated_at AS updatedAt`
