import { expect, test } from 'vitest'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { openLoads } from '../../src-main/adapters/source-load/source-load.ts'
import { newPool } from '../../src-main/adapters/outbox-sql/pool.ts'
import { defaultLoad } from '../../src-main/domain/load.ts'

test('looks that waited for a connection held the turns, and a mark had none: whoever has a turn has a connection', async () => {
  const load = openLoads({ clock: systemClock() }).of('shop', { ...defaultLoad, waitSec: 1 })
  const pool = () =>
    newPool({
      open: () => Promise.resolve({}),
      isDead: () => false,
      cut: () => undefined,
      end: () => Promise.resolve(),
      load,
      onLost: () => undefined,
    })
  const [reading, writing] = [pool(), pool()]
  const signal = new AbortController().signal
  const done = Promise.withResolvers<void>()
  let open = 0
  const looks = Array.from({ length: defaultLoad.statements - 1 }, () =>
    load.turn(
      'short',
      async () => {
        const held = await reading.take(signal)
        open += 1
        await done.promise
        reading.give(held, true)
      },
      signal,
    ),
  )
  const mark = load.turn('short', async () => writing.give(await writing.take(signal), true), signal)
  await expect(mark).resolves.toBeUndefined()
  expect(open).toBe(defaultLoad.statements - 1)
  done.resolve()
  await Promise.all(looks)
  await Promise.all([reading.close(), writing.close()])
})
