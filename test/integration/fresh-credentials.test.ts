import { randomBytes } from 'node:crypto'
import { expect, it, onTestFinished } from 'vitest'
import { publish } from '../../src-main/ports/broker.ts'
import { openSharedStore } from '../../src-main/adapters/store-postgres/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { claimTokenOf } from '../../src-main/domain/claim-token.ts'
import { addMysqlRows, mysqlDatabase, openMysql } from '../support/mysql.ts'
import { startPostgresCluster } from '../support/postgres-cluster.ts'
import { openOutbox } from '../support/postgres.ts'
import { referenceSchema } from '../support/postgres-server.ts'
import { printedPassword } from '../support/printed-password.ts'
import {
  openTestBroker,
  openRabbitTest,
  outgoing,
  rabbitmqctl,
  rabbitUrl,
  word,
} from '../support/rabbitmq.ts'
import { startRedis } from '../support/redis-nodes.ts'
import { openStaged } from '../support/redis.ts'
import { scratchFolder } from '../support/scratch.ts'

// Servers that really ask, a command that really runs. Each time the password that worked at first is taken away in the
// middle, as those of Vault and RDS are, and the next connection has to have the new one.
const signal = () => AbortSignal.timeout(30_000)
const RULE = { limit: 10, attemptsMax: 3, stuckAfterSec: 60, chained: false, repeat: false }
const HOUR_MS = 3_600_000
const OLD = 'the-first-one'
const NEW = 'the-second-one'

it('PostgreSQL: a connection that the pool opens later logs in with the password of then', async () => {
  const cluster = await startPostgresCluster()
  onTestFinished(() => cluster.close())
  const { database, password: owner } = cluster
  await database.sql(await referenceSchema())
  await database.sql(`create role operator login password '${OLD}'`)
  await database.sql('grant all on all tables in schema public to operator')
  const url = database.url.replace(/\/\/[^@]*@/, '//operator@')
  const printed = await printedPassword(OLD)
  const outbox = await openOutbox(database, { url, password: printed.password })
  expect((await outbox.count({}, 1_000, signal())).count).toBe(0)
  // By a log-in that is refused: the command is asked again, and the caller notices nothing.
  await database.sql(`alter role operator password '${NEW}'`)
  await printed.set(NEW)
  await printed.later(60)
  await database.sql(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'operator'`)
  await expect.poll(() => outbox.count({}, 1_000, signal()).then(({ count }) => count, String)).toBe(0)
  // By its age: no log-in is refused on the way.
  await database.sql(`alter role operator password '${OLD}'`)
  await printed.set(OLD)
  await printed.later(4_000)
  expect(await outbox.claimDue(RULE, claimTokenOf('job-1'), signal())).toEqual([])
  // The store of a team logs in the same way.
  await database.sql('grant create on database postgres to operator')
  await database.sql(`alter role operator password '${NEW}'`)
  await printed.set(NEW)
  await printed.later(60)
  const store = await openSharedStore({
    url,
    password: printed.password,
    dataDir: await scratchFolder(),
    clock: systemClock(),
  })
  await store.close()
  // One that is wrong and stays so is refused as ever, with nothing of it in the words.
  await printed.set('wrong')
  await printed.later(4_000)
  await database.sql(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'operator'`)
  const refused: unknown = await expect
    .poll(() => outbox.count({}, 1_000, signal()).catch((error: unknown) => error))
    .toMatchObject({ code: 'auth-failed', retry: 'never' })
  expect(String(refused)).not.toContain(owner)
})

it('MySQL and MariaDB: the same', async () => {
  const database = await mysqlDatabase()
  const user = `redrive_${randomBytes(4).toString('hex')}`
  await database.sql(`create user '${user}'@'%' identified by '${OLD}'`)
  onTestFinished(async () => void (await database.sql(`drop user '${user}'@'%'`)))
  await database.sql(`grant all on \`${database.name}\`.* to '${user}'@'%'`)
  await addMysqlRows(database, [{ status: 'failed', attempts: 3 }])
  const printed = await printedPassword(OLD)
  const url = database.url.replace(/\/\/[^@]+@/, `//${user}@`)
  const outbox = await openMysql(database, { url, password: printed.password })
  await database.sql(`alter user '${user}'@'%' identified by '${NEW}'`)
  await printed.set(NEW)
  await printed.later(60)
  for (const { id } of await database.sql(
    `select id from information_schema.processlist where user = '${user}'`,
  ))
    await database.sql(`kill ${id}`)
  await expect.poll(() => outbox.count({}, 1_000, signal()).then(({ count }) => count, String)).toBe(1)
})

it('RabbitMQ: a connection that was lost comes back with the password of then', async (context) => {
  const user = `redrive-${randomBytes(4).toString('hex')}`
  await rabbitmqctl('add_user', user, OLD)
  onTestFinished(async () => void (await rabbitmqctl('delete_user', user)))
  await rabbitmqctl('set_permissions', user, '.*', '.*', '.*')
  const queue = await (await openRabbitTest(context)).queue()
  const printed = await printedPassword(OLD)
  const url = rabbitUrl().replace(/\/\/[^@]*@/, `//${user}@`)
  const broker = openTestBroker(context, { url, password: printed.password })
  const send = async (): Promise<string> => {
    const publisher = await broker.openPublisher(signal())
    return word(await publish(publisher, outgoing({ exchange: '', routingKey: queue }, 'm-1'), signal()))
  }
  expect(await send()).toBe('confirmed')
  await rabbitmqctl('change_password', user, NEW)
  await printed.set(NEW)
  await printed.later(60)
  await rabbitmqctl('close_all_user_connections', user, 'of the test')
  await expect.poll(() => send().catch(String), { timeout: 30_000 }).toBe('confirmed')
  await expect.poll(() => broker.state().state).toBe('connected')
})

it('Redis: a client that connects again by itself logs in with the password of then', async () => {
  const node = await startRedis({ folder: await scratchFolder() })
  onTestFinished(() => node.stop('SIGKILL'))
  await node.ask('HSET', 'staged:1', 'message_id', 'm-1', 'created_at', String(Date.now() - HOUR_MS))
  await node.ask('ACL', 'SETUSER', 'operator', 'on', `>${OLD}`, '~*', '+@all')
  const printed = await printedPassword(OLD)
  const url = node.url.replace('//', '//operator@')
  const outbox = await openStaged({ url, table: 'staged:*', password: printed.password })
  const count = () => outbox.count({}, 1_000, signal()).then(({ count: found }) => found, String)
  expect(await count()).toBe(1)
  await node.ask('ACL', 'SETUSER', 'operator', 'resetpass', `>${NEW}`)
  await printed.set(NEW)
  // Too young for the command to be run again: the refusal has to be noticed.
  await printed.later(60)
  await node.ask('CLIENT', 'KILL', 'USER', 'operator')
  await expect.poll(count, { timeout: 30_000 }).toBe(1)
})
