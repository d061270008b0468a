/** The vocabulary of the console: states, troubles, outcomes, environments. */
export const words = {
  state: {
    pending: 'pending',
    scheduled: 'scheduled',
    'in-flight': 'in flight',
    retrying: 'retrying',
    sent: 'sent',
    failed: 'failed',
    discarded: 'resolved',
    unknown: 'unknown',
  },
  trouble: { stuck: 'stuck', failed: 'failed' },
  result: {
    confirmed: 'confirmed',
    returned: 'returned',
    refused: 'refused',
    unknown: 'unknown',
    skipped: 'skipped',
    parked: 'parked',
  },
  job: {
    running: 'running',
    paused: 'paused',
    interrupted: 'interrupted',
    done: 'done',
    cancelled: 'cancelled',
  },
  environment: { development: 'Development', staging: 'Staging', production: 'Production' },
  connection: {
    idle: 'idle',
    connecting: 'connecting',
    connected: 'connected',
    blocked: 'blocked',
    disconnected: 'disconnected',
  },
}
