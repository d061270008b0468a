import { MARIADB_URL } from './mariadb.ts'
import type { TestDatabase } from './postgres-server.ts'
import { rabbitUrl } from './rabbitmq.ts'

/** Each a kind of secret, or a way for one to be given. */
export const names = [
  'written',
  'database',
  'wrongDatabase',
  'replica',
  'evidence',
  'cache',
  'broker',
  'wrongBroker',
  'kafka',
  'webhook',
  'check',
  'upstream',
  'typed',
  'printed',
  'leaked',
  'filed',
  'passphrase',
] as const
export type Name = (typeof names)[number]

/** The environment variable that holds it. */
export function variable(name: Name): string {
  return `PLANTED_${name.toUpperCase()}`
}

function fromEnv(name: Name): { env: string } {
  return { env: variable(name) }
}

/** A connection of every kind, some of them with a wrong password. */
export function workspaceOf({
  secrets,
  user,
  database,
  billing,
  url,
}: {
  readonly secrets: Readonly<Record<Name, string>>
  readonly database: TestDatabase
  readonly user: string
  readonly billing: TestDatabase
  readonly url: string
}) {
  const common = { environment: 'development', stuckAfterSec: 60, maxAttempts: 3 }
  const mariadb = new URL(MARIADB_URL)
  const mysql = {
    driver: 'mysql',
    url: `mysql://${user}@${mariadb.host}/${billing.name}`,
    outbox: { profile: 'auto', table: 'outbox_message' },
    ...common,
  }
  const inbox = {
    url: `mysql://${user}r@${mariadb.host}/${billing.name}`,
    password: fromEnv('evidence'),
    table: 'inbox',
    messageId: 'message_id',
    retentionSec: 604_800,
  }
  const answers = [{ at: '/state', equals: 'done', means: 'commit' }]
  return {
    sources: {
      orders: {
        driver: 'postgres',
        url: database.url,
        password: { value: secrets.written },
        replica: { url: 'postgres://nobody@127.0.0.1:1/none', password: fromEnv('replica') },
        outbox: { profile: 'auto', table: 'public.outbox_message' },
        deliver: { broker: 'rabbit' },
        evidence: inbox,
        callback: {
          confirmations: inbox,
          unconfirmedAfterSec: 1,
          resend: {
            method: 'POST',
            url: `${url}/resend/{messageId}`,
            auth: { header: 'x-token', value: fromEnv('upstream') },
          },
        },
        checkBack: {
          call: { url: `${url}/check/{messageId}`, auth: { bearer: fromEnv('check') } },
          answers,
          firstAgeSec: 0,
        },
        ...common,
      },
      billing: { ...mysql, password: fromEnv('database') },
      wrong: { ...mysql, password: fromEnv('wrongDatabase') },
      printed: {
        ...mysql,
        url: mysql.url.replace('@', 'p@'),
        password: { command: ['printenv', variable('printed')], seconds: 300 },
      },
      // Says it on both outputs, and fails.
      leaked: {
        ...mysql,
        password: { command: ['sh', '-c', `echo $${variable('leaked')} | tee /dev/stderr; exit 1`] },
      },
      filed: { ...mysql, url: mysql.url.replace('@', 'f@'), password: { secret: 'filed' } },
      staged: {
        driver: 'redis',
        url: 'redis://nobody@127.0.0.1:6379/0',
        password: fromEnv('cache'),
        outbox: { profile: 'redis-hash', table: 'planted:*' },
        ...common,
      },
    },
    brokers: {
      rabbit: {
        driver: 'rabbitmq',
        url: rabbitUrl().replace(/\/\/[^@]*@/, `//${user}@`),
        password: fromEnv('broker'),
      },
      wrong: {
        driver: 'rabbitmq',
        url: rabbitUrl().replace(/\/\/[^@]*@/, `//${user}@`),
        password: fromEnv('wrongBroker'),
        management: 'http://127.0.0.1:15672',
      },
      kafka: {
        driver: 'kafka',
        brokers: ['127.0.0.1:1'],
        sasl: { mechanism: 'plain', user: 'nobody' },
        password: fromEnv('kafka'),
      },
    },
    alerts: {
      rules: { many: { when: { measure: 'count', trouble: 'failed', above: 1 }, forSec: 0 } },
      webhook: { url: `${url}/hook`, auth: { bearer: fromEnv('webhook') } },
    },
  }
}
