import type { SourceDriver } from '../../src-main/domain/workspace.ts'
import type { Drivers } from '../../src-main/ports/drivers.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'

/** The same, whatever kind of server a source is on. */
export function everySource<Of>(one: Of): Readonly<Record<SourceDriver, Of>> {
  return { postgres: one, mysql: one, sqlite: one, redis: one }
}

/** The drivers with something in front of each outbox that they open. */
export function inFront(drivers: Drivers['outbox'], wrap: (opened: Outbox) => Outbox): Drivers['outbox'] {
  return {
    postgres: async (options, signal) => wrap(await drivers.postgres(options, signal)),
    mysql: async (options, signal) => wrap(await drivers.mysql(options, signal)),
    sqlite: async (options, signal) => wrap(await drivers.sqlite(options, signal)),
    redis: async (options, signal) => wrap(await drivers.redis(options, signal)),
  }
}
