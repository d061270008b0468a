import type { SurveyedColumn, SurveyedTable } from './surveyed.ts'

/** What a column may be for, by the words that people use for it. Types narrow it; data decides what values mean. */
export const roles = [
  'messageId',
  'type',
  'payload',
  'headers',
  'exchange',
  'routingKey',
  'chainKey',
  'attempts',
  'attemptsLimit',
  'lastError',
  'created',
  'updated',
  'sent',
  'nextAttempt',
  'deleted',
  'dead',
  'leaseUntil',
  'leaseHolder',
  'state',
] as const
export type Role = (typeof roles)[number]

export type Kind = 'number' | 'text' | 'time' | 'boolean' | 'json' | 'bytes' | 'array' | 'other'

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/\[\]$/, 'array'],
  // MySQL's tinyint(1) holds codes as often as it holds truth: its values tell which.
  [/^(bool|bit\(1\))/, 'boolean'],
  [/^(tiny|small|medium|big)?int|^(integer|numeric|decimal|real|double|float)/, 'number'],
  [/^(timestamp|date)/, 'time'],
  [/^json/, 'json'],
  [/^(bytea|(tiny|medium|long)?blob|(var)?binary)/, 'bytes'],
  [/^(character|char|varchar|(tiny|medium|long)?text|"char"|citext|name|uuid|enum|set)/, 'text'],
]

export function kindOf({ type }: SurveyedColumn): Kind {
  return KINDS.find(([pattern]) => pattern.test(type.toLowerCase()))?.[1] ?? 'other'
}

const TIMES: readonly Kind[] = ['time', 'number', 'text']
const FLAGS: readonly Kind[] = ['boolean', 'number', 'text']
const WORDS: readonly Kind[] = ['text']

/** Names are compared without case, dashes and underscores. The first role whose words and types fit takes the column. */
const RULES: readonly (readonly [Role, RegExp, readonly Kind[]])[] = [
  [
    'sent',
    /^(is)?(sent|published|processed|posted|dispatched|completed|delivered|finished)(at|on|time|date|utc)$/,
    TIMES,
  ],
  [
    'nextAttempt',
    /^(next(attempt|retry|try|delivery)?(at|time|on)?|(available|visible|due|retry|scheduled|deliver)(at|on|time|until)|notbefore|runat)$/,
    TIMES,
  ],
  [
    'created',
    /^(created?(at|on|time|date|utc)?|inserted(at|on)?|born|occurr?ed(at|on)?|added|enqueued?(at|time)|at(iso)?|timestamp|creationtime)$/,
    TIMES,
  ],
  ['updated', /^((last)?(updated?|modified|touched|changed|edit)(at|on|time|date|utc)?)$/, TIMES],
  [
    'leaseUntil',
    /^((locked|claimed|leased?|reserved)(until|till|expires(at)?)|(lock|lease)expir(y|esat))$/,
    TIMES,
  ],
  [
    'leaseHolder',
    /^((locked|claimed|leased|reserved)(by|owner)|owner(id)?|worker(id)?|lock(id|token)|leaseholder)$/,
    ['text', 'number'],
  ],
  ['deleted', /^(is)?(deleted|removed|archived)(flag)?$/, FLAGS],
  // Before the flags: a text "error" says what went wrong.
  [
    'lastError',
    /^(last)?(err|error|exception|failure|fault)(text|message|msg|reason|details?|info)?$/,
    WORDS,
  ],
  ['dead', /^(is)?(dead|failed|poisoned?|error|parked|blocked)(flag)?$/, FLAGS],
  [
    'attemptsLimit',
    /^(max(imum)?(attempts|retries|tries|retrycount)|(attempts|retries|tries|retry)(max|limit))$/,
    ['number'],
  ],
  [
    'attempts',
    /^(num|no|count)?(delivery|send|publish)?(attempts?|tries|retries|retry|failures?)(count|no|num|made)?$|^trycount$/,
    ['number'],
  ],
  ['state', /(status|state|phase|stage)$/, ['text', 'number', 'other']],
  [
    'payload',
    /^(payload|body|content|data|message(body|content|data)?|msg(body)?|doc(ument)?|json|raw|event(data|body)?|envelope)$/,
    ['text', 'json', 'bytes'],
  ],
  ['headers', /^(headers?|metadata|meta|properties|props|attributes|context)$/, ['text', 'json']],
  [
    'messageId',
    /^((message|msg|event)(id|key|uuid|guid)|uid|uuid|guid|externalid|dedup(lication)?(id|key))$/,
    ['text', 'number'],
  ],
  ['routingKey', /^(routing(key)?|route|partitionkey|subject|messagekey)$/, WORDS],
  ['exchange', /^(exchange|topic(name)?|queue(name)?|channel|destination|target|address|stream)$/, WORDS],
  [
    'chainKey',
    /^(aggregate(id)?|group(id|key)|ordering(key)|order(key|group)|entity(id)|saga(id)|correlationid|tenant(id)?|chainkey)$/,
    ['text', 'number'],
  ],
  ['type', /^((message|msg|event|payload)?(type|kind|class|classname|name))$/, WORDS],
]

export type Roles = Readonly<Partial<Record<Role, SurveyedColumn>>>

function bare(name: string): string {
  return name.toLowerCase().replace(/[_\-\s]/g, '')
}

/** Each column has one role at most, each role one column: the first in the table's order. */
export function rolesOf({ columns }: SurveyedTable): Roles {
  const found: Partial<Record<Role, SurveyedColumn>> = {}
  for (const column of columns) {
    const rule = RULES.find(
      ([role, words, kinds]) =>
        found[role] === undefined && words.test(bare(column.name)) && kinds.includes(kindOf(column)),
    )
    if (rule !== undefined) found[rule[0]] = column
  }
  return found
}

/** Without any of these a table holds no messages that wait to be sent. */
const PROGRESS: readonly Role[] = ['state', 'sent', 'attempts', 'nextAttempt']
const ADDRESSED: readonly Role[] = ['exchange', 'routingKey', 'type']

/**
 * Something to send, somewhere, and a note of how far it has come. Which it is the data tells; a table that says nothing
 * of all this is not looked into.
 */
export function looksLikeOutbox(table: SurveyedTable): boolean {
  const has = rolesOf(table)
  const progress = PROGRESS.filter((role) => has[role] !== undefined).length
  const content = has.payload !== undefined || ADDRESSED.some((role) => has[role] !== undefined)
  return progress > 0 && content && (progress > 1 || has.payload !== undefined || has.type !== undefined)
}
