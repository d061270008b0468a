import type { AnyContractProcedure } from '@orpc/contract'
import type { Contract } from './index.ts'
import type { Role } from './role.ts'

type RolesOf<T> = {
  readonly [Name in keyof T]: T[Name] extends AnyContractProcedure ? Role : RolesOf<T[Name]>
}

/** `jobs.run`: as the client calls it. */
export type ProcedureName = {
  [Area in keyof Contract]: `${Area}.${Extract<keyof Contract[Area], string>}`
}[keyof Contract]

/**
 * The role that each call needs. Looking is a viewer's; what sends, changes, costs a service something or shows what is masked
 * is an operator's; a second yes is an approver's; what others then act by (connections, mappings, schedules, rules, who may
 * come in) is an administrator's. Stopping is never harder than starting was.
 */
export const neededRoles = {
  alerts: {
    list: 'viewer',
    acknowledge: 'operator',
    saveRule: 'administrator',
    removeRule: 'administrator',
    /** Takes samples and posts to the webhook. */
    check: 'operator',
  },
  audits: {
    /** Reads a whole table of production. */
    start: 'operator',
    get: 'viewer',
    follow: 'viewer',
    cancel: 'operator',
    list: 'viewer',
    findings: 'viewer',
    chains: 'viewer',
    chain: 'viewer',
    repair: 'operator',
    report: 'viewer',
    events: 'operator',
    ids: 'operator',
    watches: 'viewer',
    watch: 'administrator',
  },
  brokers: {
    topics: 'viewer',
    groups: 'viewer',
    group: 'viewer',
    queues: 'viewer',
    /** Of any topic of the cluster, not of an outbox only. */
    read: 'operator',
    follow: 'operator',
    cancel: 'operator',
    records: 'operator',
    record: 'operator',
    unmask: 'operator',
  },
  callback: { list: 'viewer', unconfirmed: 'viewer', parked: 'viewer', message: 'viewer', ask: 'operator' },
  connections: {
    list: 'viewer',
    saveSource: 'administrator',
    saveBroker: 'administrator',
    removeSource: 'administrator',
    removeBroker: 'administrator',
    /** What is saved; a draft names servers of the caller's choice and is an administrator's. */
    testSource: 'operator',
    testBroker: 'operator',
    unlock: 'operator',
    lock: 'operator',
  },
  deadLetters: {
    list: 'viewer',
    queue: 'viewer',
    /** Takes messages out of their queue, and puts them back. */
    look: 'operator',
    letters: 'viewer',
    letter: 'viewer',
    unmask: 'operator',
    planRedrive: 'operator',
    planDiscard: 'operator',
    discard: 'operator',
    restore: 'operator',
  },
  decisions: { resolve: 'operator', undo: 'operator', recent: 'viewer' },
  evidence: { check: 'operator' },
  halfMessages: {
    list: 'viewer',
    standings: 'viewer',
    askNow: 'operator',
    watch: 'viewer',
    stop: 'operator',
    enable: 'administrator',
    disable: 'operator',
    decide: 'operator',
  },
  handOver: { write: 'viewer' },
  jobs: {
    run: 'operator',
    list: 'viewer',
    get: 'viewer',
    items: 'viewer',
    watch: 'viewer',
    pause: 'operator',
    cancel: 'operator',
    continue: 'operator',
    settle: 'operator',
    settleByEvidence: 'operator',
    settleByArrival: 'operator',
    unknown: 'viewer',
  },
  journal: {
    list: 'viewer',
    verify: 'viewer',
    key: 'viewer',
    acceptClock: 'administrator',
    /** Signs what is there, for whoever takes a copy away. */
    seal: 'viewer',
  },
  mappings: {
    check: 'viewer',
    explain: 'viewer',
    /** These show rows of any table that the source's user can read. */
    detect: 'administrator',
    preview: 'administrator',
    tables: 'administrator',
    problems: 'viewer',
    current: 'viewer',
    confirm: 'administrator',
    save: 'administrator',
    retry: 'operator',
  },
  messages: { list: 'viewer', groups: 'viewer', get: 'viewer', unmask: 'operator', evidence: 'viewer' },
  notes: { add: 'operator', assign: 'operator', of: 'viewer', marks: 'viewer' },
  operators: { list: 'administrator', add: 'administrator', revoke: 'administrator' },
  overview: { history: 'viewer', detail: 'viewer', flow: 'viewer', causes: 'viewer', source: 'viewer' },
  places: { compare: 'viewer' },
  plans: {
    resend: 'operator',
    get: 'viewer',
    items: 'viewer',
    diff: 'viewer',
    /** The file of a plan holds edited payloads whole. */
    exportLines: 'operator',
    importBegin: 'operator',
    importItems: 'operator',
    importEnd: 'operator',
    approve: 'approver',
  },
  session: { info: 'viewer', watch: 'viewer' },
  sweeps: {
    list: 'viewer',
    configure: 'administrator',
    enable: 'administrator',
    disable: 'operator',
    runNow: 'operator',
    watch: 'viewer',
    stop: 'operator',
  },
  views: { list: 'viewer', save: 'operator', remove: 'operator' },
} as const satisfies RolesOf<Contract>

/** Null: there is no such call. */
export function neededRole(path: readonly string[]): Role | null {
  const [area = '', name = '', ...rest] = path
  const calls: Readonly<Record<string, Role>> | undefined = own(neededRoles, area)
  return rest.length > 0 || calls === undefined ? null : (own(calls, name) ?? null)
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
