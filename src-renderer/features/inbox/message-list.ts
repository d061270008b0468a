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
import type { ApiError } from '../../api/errors.ts'
import { seeksContent } from '../../app/query.ts'
import { useSession } from '../../app/state/session.ts'
import { useClient } from '../../app/use-client.ts'
import { isPartial, openLane, PAGE_ROWS, type About, type Lane, type LaneSubject } from './lane.ts'
import { mergedRows, type Row } from './rows.ts'

/** Pages that a refresh reads again; what lies further down is read anew when somebody scrolls there. */
const REFRESH_PAGES_MAX = 5
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
  /** Reads again what is loaded, at most a few pages, keeping the old rows until the new ones are there. */
  readonly refresh: () => Promise<void>
}

/** The rows of a list, page by page. A new subject starts from nothing; a refresh keeps what is on the screen. */
export function useMessageRows(subject: () => ListSubject | null): MessageRows {
  const client = useClient()
  const lanes = shallowRef<readonly Lane[]>([])
  const patient = usePatience()
  let timer: ReturnType<typeof setTimeout> | undefined
  let readAt = 0

  const merged = computed(() => {
    const waiting = lanes.value.some(({ about, error }) => about.value === null && error.value === null)
    if (lanes.value.length > 1 && waiting && patient.waits.value) return { rows: [], waitsFor: [] }
    const read = lanes.value.map(({ rows, about, error }) => ({
      rows: rows.value,
      // A source that ended at its time budget, or does not answer, holds up nobody: it is named instead.
      goesOn: error.value === null && about.value?.scope.complete === true && about.value.nextCursor !== null,
    }))
    return mergedRows(read, subject()?.order ?? 'newest')
  })

  async function refresh(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    readAt = Date.now()
    await Promise.all(
      lanes.value.map((lane) =>
        lane.reread(Math.min(REFRESH_PAGES_MAX, Math.max(1, Math.ceil(lane.rows.value.length / PAGE_ROWS)))),
      ),
    )
  }

  async function more(): Promise<void> {
    const waited = merged.value.waitsFor.flatMap((at) => lanes.value[at] ?? [])
    const next = waited.length > 0 ? waited : lanes.value.filter(({ error }) => error.value === null)
    await Promise.all(next.map((lane) => lane.more()))
  }

  watch(
    () => JSON.stringify(subject()),
    () => {
      for (const lane of lanes.value) lane.stop()
      clearTimeout(timer)
      timer = undefined
      const list = subject()
      lanes.value = list === null ? [] : list.sources.map((source) => openLane(client, source, laneOf(list)))
      patient.begin()
      readAt = Date.now()
      for (const lane of lanes.value) void lane.reread(1)
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
    halt: () => {
      for (const lane of lanes.value) lane.halt()
    },
    refresh,
  }
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
