import { RedriveError } from '../../domain/errors.ts'

export interface RedisNode {
  readonly host: string
  readonly port: number
}

export interface RedisAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster'
  /** The server; the sentinels; some nodes of the cluster, which name the others. */
  readonly nodes: readonly RedisNode[]
  readonly secured: boolean
  /** Empty: the server's default user. */
  readonly user: string
  /** Number of the database; a cluster has only 0. */
  readonly database: number
  /** Name by which the sentinels know the servers. */
  readonly master: string
}

const PORTS = { single: 6379, sentinel: 26_379, cluster: 6379 } as const
const URL_FORM = /^(rediss?)(?:-(sentinel|cluster))?:\/\/(?:([^@/:]*)@)?([^/@?#]+)(?:\/([^?#]*))?$/
const NODE = /^(\[[0-9A-Fa-f:.]+\]|[^:,\s[\]]+)(?::(\d{1,5}))?$/

/**
 * Reads redis://user@host:port/0, rediss:// with TLS, redis-cluster://host:port,host:port and
 * redis-sentinel://host:port,host:port/name/0. Throws RedriveError `workspace-invalid`.
 */
export function parseAddress(url: string): RedisAddress {
  const match = URL_FORM.exec(url)
  if (match === null)
    throw invalid('not redis://host:port/0, redis-sentinel://host,host/name/0 or redis-cluster://host,host')
  const [, scheme, form, user = '', hosts = '', path = ''] = match
  const kind = form === 'sentinel' ? 'sentinel' : form === 'cluster' ? 'cluster' : 'single'
  const nodes = hosts.split(',').map((text) => nodeOf(text, PORTS[kind]))
  if (kind === 'single' && nodes.length > 1)
    throw invalid('one server has one host: several are sentinels or a cluster')
  return { kind, nodes, secured: scheme === 'rediss', user: decode(user), ...placeIn(kind, path) }
}

/** The name that the sentinels are asked for, where there are any, and the number of the database. */
function placeIn(kind: RedisAddress['kind'], path: string): Pick<RedisAddress, 'master' | 'database'> {
  const steps = path
    .split('/')
    .filter((step) => step !== '')
    .map(decode)
  const master = kind === 'sentinel' ? steps.shift() : ''
  if (master === undefined)
    throw invalid('the sentinels have to be asked for a name: redis-sentinel://host,host/name')
  const [number = '0', ...more] = steps
  if (!/^\d{1,4}$/.test(number) || more.length > 0)
    throw invalid('the path ends with the number of the database')
  const database = Number(number)
  if (kind === 'cluster' && database !== 0) throw invalid('a cluster has only database 0')
  return { database, master }
}

function nodeOf(text: string, portDefault: number): RedisNode {
  const [, host, port] = NODE.exec(text) ?? []
  if (host === undefined) throw invalid('a node is host:port')
  return {
    host: decode(host.replace(/^\[(.*)\]$/, '$1')),
    port: port === undefined ? portDefault : Number(port),
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid('the address is not well percent-encoded')
  }
}

function invalid(problem: string): RedriveError {
  return new RedriveError('workspace-invalid', 'never', { at: 'url', problem })
}
