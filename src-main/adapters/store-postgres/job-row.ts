/** A job with what it takes from its plan; ends before WHERE. */
export const SELECT_JOB = `
  SELECT j.job_key, j.plan_key, j.job, j.kind, p.plan, p.digest, j.source, p.broker, j.state, j.operator, j.options,
    j.created_at, j.ended_at, j.interruption_code, j.interruption_reason, j.interruption_pull, j.owner_host, j.owner_pid,
    j.owner_instance, p.items, j.ended, j.confirmed, j.returned, j.refused, j.unknown, j.skipped, j.parked, j.unsettled,
    j.unmarked
  FROM jobs j JOIN plans p ON p.plan_key = j.plan_key`

/** Of `job_spans i`. */
export const SPAN_COLUMNS = `i.first_seq AS first, i.last_seq AS last, i.state AS item_state, i.version AS next_version,
  i.result, i.code, i.reason, i.marked, i.settled_as, i.updated_at`
