import {
  computed,
  onScopeDispose,
  ref,
  shallowRef,
  watch,
  type ComputedRef,
  type Ref,
  type ShallowRef,
} from 'vue'
import type { ApiError } from '../../../api/errors.ts'
import { seeksContent } from '../../../app/query.ts'
import { useSession } from '../../../app/state/session.ts'
import { useClient } from '../../../app/use-client.ts'
import { Lane, type About, type LaneSubject } from './lane.ts'
import { isPartial } from './read-pages.ts'
import { mergedRows, type MergedRows, type Row } from './rows.ts'
import { useSight } from './sight.ts'

const REFRESH_MS_MIN = 2_000
/** So long a list of several sources waits for all of them before it shows those that have answered. */
const TOGETHER_MS = 600

export interface ListSubject extends LaneSubject {
  readonly sources: readonly string[]
}

export interface MessageRows {
  readonly rows: ComputedRef<readonly Row[]>
  /** Source by source: what each has answered. */
  readonly lanes: Readonly<ShallowRef<readonly Lane[]>>
  /** When and how far; of several the oldest answer. Null before the first answer. */
  readonly about: ComputedRef<About | null>
  /** Why there is nothing; of several only where none has answered. */
  readonly error: ComputedRef<ApiError | null>
  readonly loading: ComputedRef<boolean>
  /** The table goes on below what is loaded. */
  readonly hasMore: ComputedRef<boolean>
  /** Reads on where the last page ended. */
  readonly more: () => Promise<void>
  /** How far a search inside of messages has come, over all sources; null: there is none, or an index told. */
  readonly looked: ComputedRef<NonNullable<About['looked']> | null>
  /** Ends a search where it stands. */
  readonly halt: () => void
  /** Rows that are in sight, by their indexes: where a refresh has not read so far down, they are read again now. */
  readonly look: (first: number, last: number) => void
  /** Reads again the upper pages and what is in sight, keeping the old rows until the new ones are there. */
  readonly refresh: () => Promise<void>
}

/** The rows of a list, page by page. A new subject starts from nothing; a refresh keeps what is on the screen. */
export function useMessageRows(subject: () => ListSubject | null): MessageRows {
  const client = useClient()
  const lanes = shallowRef<readonly Lane[]>([])
  const patient = usePatience()
  let timer: ReturnType<typeof setTimeout> | undefined
  let readAt = 0

  const merged = computed(() => mergedLanes(lanes.value, patient.waits.value, subject()?.order ?? 'newest'))
  const sight = useSight(
    () => merged.value.rows,
    () => lanes.value,
  )

  async function refresh(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    readAt = Date.now()
    await Promise.all(lanes.value.map((lane) => lane.reread()))
    await sight.freshen()
  }

  async function more(): Promise<void> {
    const waited = merged.value.waitsFor.flatMap((at) => lanes.value[at] ?? [])
    const next = waited.length > 0 ? waited : lanes.value.filter(({ error }) => error.value === null)
    await Promise.all(next.map((lane) => lane.more()))
    await sight.freshen()
  }

  watch(
    () => JSON.stringify(subject()),
    () => {
      for (const lane of lanes.value) lane.stop()
      clearTimeout(timer)
      timer = undefined
      const list = subject()
      lanes.value = list === null ? [] : list.sources.map((source) => new Lane(client, source, laneOf(list)))
      patient.begin()
      readAt = Date.now()
      for (const lane of lanes.value) void lane.reread()
    },
    { immediate: true },
  )
  useNews(lanes, () => {
    // A search through a table is not begun anew for every change: it is as of its time, until somebody asks again.
    if (seeksContent(subject()?.filter ?? {})) return
    timer ??= setTimeout(() => void refresh(), Math.max(0, readAt + REFRESH_MS_MIN - Date.now()))
  })
  onScopeDispose(() => {
    clearTimeout(timer)
    for (const lane of lanes.value) lane.stop()
  })
  return {
    rows: computed(() => merged.value.rows),
    lanes,
    about: computed(() => wholeAbout(lanes.value)),
    error: computed(() => {
      const errors = lanes.value.map(({ error }) => error.value)
      return errors.every((error) => error !== null) ? (errors[0] ?? null) : null
    }),
    loading: computed(() => lanes.value.some(({ loading }) => loading.value)),
    hasMore: computed(() => lanes.value.some(({ about }) => (about.value?.nextCursor ?? null) !== null)),
    looked: computed(() => wholeLooked(lanes.value)),
    more,
    look: sight.look,
    halt: () => {
      for (const lane of lanes.value) lane.halt()
    },
    refresh,
  }
}

/** `patient`: nothing is shown before all have answered. */
function mergedLanes(lanes: readonly Lane[], patient: boolean, order: ListSubject['order']): MergedRows {
  const waiting = lanes.some(({ about, error }) => about.value === null && error.value === null)
  if (lanes.length > 1 && waiting && patient) return { rows: [], waitsFor: [] }
  const read = lanes.map(({ rows, about, error }) => ({
    rows: rows.value,
    // A source that ended at its time budget, or does not answer, holds up nobody: it is named instead.
    goesOn: error.value === null && about.value?.scope.complete === true && about.value.nextCursor !== null,
  }))
  return mergedRows(read, order)
}

/** Something changed, or an engine that could not be reached answers again. */
function useNews(lanes: Readonly<ShallowRef<readonly Lane[]>>, heard: () => void): void {
  const session = useSession()
  watch([() => session.revision, () => session.line], ([revision, line], [revisionBefore, lineBefore]) => {
    const failed = lanes.value.some(({ error }) => error.value !== null)
    const missed = line !== lineBefore && (lineBefore === 'unreachable' || failed)
    const news = revisionBefore !== null && revision !== revisionBefore
    if (line === 'connected' && (news || missed)) heard()
  })
}

function laneOf({ filter, order }: ListSubject): LaneSubject {
  return { filter, order }
}

/** Of several: as old as the oldest answer, and partial where one is. */
function wholeAbout(lanes: readonly Lane[]): About | null {
  const known = lanes.flatMap(({ about }) => about.value ?? [])
  const [first, ...others] = known.toSorted((a, b) => Date.parse(a.asOf) - Date.parse(b.asOf))
  if (first === undefined || others.length === 0) return first ?? null
  const partial = known.find(({ scope }) => isPartial(scope))
  const goesOn = known.find(({ nextCursor }) => nextCursor !== null)
  return {
    asOf: first.asOf,
    scope: partial?.scope ?? first.scope,
    nextCursor: goesOn?.nextCursor ?? null,
  }
}

function wholeLooked(lanes: readonly Lane[]): NonNullable<About['looked']> | null {
  const known = lanes.flatMap(({ about }) => about.value?.looked ?? [])
  if (known.length === 0) return null
  const abouts = known.map(({ ofAbout }) => ofAbout)
  const all = known.length === lanes.length && abouts.every((about) => about !== null)
  return {
    rows: known.reduce((sum, { rows }) => sum + rows, 0),
    ofAbout: all ? abouts.reduce((sum, about) => sum + about, 0) : null,
  }
}

/** True for a moment after it has begun. */
function usePatience(): { readonly waits: Readonly<Ref<boolean>>; readonly begin: () => void } {
  const waits = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))
  return {
    waits,
    begin: () => {
      clearTimeout(timer)
      waits.value = true
      timer = setTimeout(() => {
        waits.value = false
      }, TOGETHER_MS)
    },
  }
}
