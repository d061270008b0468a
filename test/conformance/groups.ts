import { describe, expect, it } from 'vitest'
import type { TestContext } from 'vitest'
import type { Groups } from '../../src-main/ports/groups.ts'

export interface GroupsFixture {
  readonly groups: Groups
  readonly unusedName: () => string
  /** A topic with so many records in each of its partitions. */
  readonly topic: (records: readonly number[]) => Promise<string>
  /** Commits as a consumer would that is gone by now. */
  readonly commit: (
    group: string,
    topic: string,
    offsets: readonly { readonly partition: number; readonly offset: string }[],
  ) => Promise<void>
  /** A consumer that stays until the test ends; resolves when it has its partitions. */
  readonly join: (group: string, topic: string) => Promise<void>
  readonly traces: () => Promise<unknown>
}

const never = new AbortController().signal

/** The port for consumer groups. */
export function groupsConformance(
  name: string,
  open: (context: TestContext) => Promise<GroupsFixture>,
): void {
  describe(`consumer groups of ${name}`, () => {
    it('tells state, offsets and lag of one that is away, and where it has no commit', async (context) => {
      const { groups, unusedName, topic, commit } = await open(context)
      const [group, name_] = [unusedName(), await topic([5, 3, 2])]
      await commit(group, name_, [
        { partition: 0, offset: '2' },
        { partition: 2, offset: '2' },
      ])
      const found = await groups.describe(group, never)
      expect(found).toMatchObject({ group, state: 'Empty', members: [], lag: 3n, hidden: false })
      expect(found?.offsets).toEqual([
        { topic: name_, partition: 0, committed: 2n, begin: 0n, end: 5n, lag: 3n },
        { topic: name_, partition: 1, committed: null, begin: 0n, end: 3n, lag: null },
        { topic: name_, partition: 2, committed: 2n, begin: 0n, end: 2n, lag: 0n },
      ])
      const head = (await groups.list(never)).groups.find((one) => one.group === group)
      expect(head).toMatchObject({ state: 'Empty', members: 0, lag: 3n, hidden: false })
    })

    it('tells the members and what is assigned to them, and that nothing is committed yet', async (context) => {
      const { groups, unusedName, topic, join } = await open(context)
      const [group, name_] = [unusedName(), await topic([1, 1])]
      await join(group, name_)
      const found = await groups.describe(group, never)
      expect(found).toMatchObject({ state: 'Stable', protocol: 'consumer', lag: null })
      expect(found?.members?.map(({ assigned }) => assigned)).toEqual([
        [{ topic: name_, partitions: [0, 1] }],
      ])
      expect(found?.offsets.map(({ committed, lag }) => [committed, lag])).toEqual([
        [null, null],
        [null, null],
      ])
    })

    it('knows nothing of a group that is not there, and leaves nothing behind', async (context) => {
      const { groups, unusedName, topic, commit, traces } = await open(context)
      await commit(unusedName(), await topic([1]), [{ partition: 0, offset: '1' }])
      const before = await traces()
      expect(await groups.describe(unusedName(), never)).toBeNull()
      await groups.list(never)
      expect(await traces()).toEqual(before)
    })
  })
}
