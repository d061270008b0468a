import { RedriveError } from '../../domain/errors.ts'
import type { ErrorDetail } from '../../domain/errors.ts'
import type { KafkaLogin, TlsOptions } from '../../domain/workspace.ts'
import type { Password } from '../../ports/drivers.ts'
import { logIn } from '../../ports/log-in.ts'
import type { Clock } from '../../ports/surroundings.ts'
import { classify } from './classify.ts'
import { openSockets } from './sockets.ts'
import type { Sockets } from './sockets.ts'
import { within } from './waiting.ts'
import { askEveryTopic, askMetadata, makeNode } from './wire.ts'
import type { Metadata, Node } from './wire.ts'

/** Somebody may have to type it. */
const PASSWORD_TIMEOUT_MS = 120_000
/** Until one of the addresses has answered the handshake. */
const CONNECT_TIMEOUT_MS = 10_000
/** For one question. */
const ASK_TIMEOUT_MS = 10_000

export interface ClusterOptions {
  /** host:port of the nodes that are asked first. */
  readonly brokers: readonly string[]
  /** Shown in the cluster's logs. */
  readonly clientId: string
  readonly login: KafkaLogin | undefined
  /** Asked for at each connect; with OAUTHBEARER it is the token. */
  readonly password: Password
  readonly tls: TlsOptions | undefined
  readonly addresses: Readonly<Record<string, string>>
  readonly clock: Clock
}

export function clusterDetail({ brokers, login }: Pick<ClusterOptions, 'brokers' | 'login'>): ErrorDetail {
  return { server: brokers.join(','), user: login?.user ?? '-' }
}

/** Sockets to the nodes of one cluster, opened when they are needed. Over as soon as one of them is lost. */
export class Cluster {
  readonly #options: ClusterOptions
  readonly #sockets: Sockets
  readonly #nodes = new Map<number, Promise<Node>>()
  readonly #addresses = new Map<number, { readonly host: string; readonly port: number }>()
  readonly #over = new AbortController()
  /** The node that was asked first. */
  readonly seed: Node
  readonly ended: Promise<RedriveError>

  private constructor(options: ClusterOptions, parts: { sockets: Sockets; seed: Node }) {
    this.#options = options
    this.#sockets = parts.sockets
    this.seed = parts.seed
    this.ended = parts.sockets.ended.then((reason) => {
      const error = this.#lost(reason)
      this.#over.abort(error)
      return error
    })
  }

  /** Tries the addresses in turn. Throws RedriveError. */
  static connect(options: ClusterOptions, signal: AbortSignal): Promise<Cluster> {
    return logIn(options.password, isAuthFailure, () => Cluster.#connect(options, signal))
  }

  static async #connect(options: ClusterOptions, signal: AbortSignal): Promise<Cluster> {
    const sasl = await saslOf(options, signal)
    let failure: RedriveError | null = null
    for (const address of options.brokers) {
      const sockets = openSockets(options)
      try {
        const seed = nodeAt(options, { sockets, sasl, nodeId: null, ...split(address) })
        const onTimeout = (): Error => Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' })
        const wait = { timeoutMs: CONNECT_TIMEOUT_MS, clock: options.clock, onTimeout }
        await within({ work: seed.connect(), ...wait }, signal)
        return new Cluster(options, { sockets, seed })
      } catch (error) {
        sockets.destroy()
        signal.throwIfAborted()
        failure = classify(error, clusterDetail(options), true)
        // Another address will not know the password either.
        if (failure.retry === 'never') break
      }
    }
    throw (
      failure ?? new RedriveError('workspace-invalid', 'never', { at: 'brokers', problem: 'there is none' })
    )
  }

  async metadata(topics: readonly string[], signal: AbortSignal): Promise<Metadata> {
    return this.#remembered(await this.timed(askMetadata(this.seed, topics), signal))
  }

  async everyTopic(signal: AbortSignal): Promise<Metadata> {
    return this.#remembered(await this.timed(askEveryTopic(this.seed), signal))
  }

  #remembered(metadata: Metadata): Metadata {
    for (const { nodeId, host, port } of metadata.brokers) this.#addresses.set(nodeId, { host, port })
    return metadata
  }

  /** A node that the last metadata named. Throws RedriveError where it cannot be reached; nothing was sent to it then. */
  async node(nodeId: number, signal: AbortSignal): Promise<Node> {
    const address = this.#addresses.get(nodeId)
    if (address === undefined) throw this.#lost(`there is no node ${nodeId}`)
    const known = this.#nodes.get(nodeId)
    if (known !== undefined) return await this.timed(known, signal)
    const opening = logIn(this.#options.password, isRefusal, () => this.#open({ nodeId, ...address }))
    this.#nodes.set(nodeId, opening)
    opening.catch(() => this.#nodes.delete(nodeId))
    return await this.timed(opening, signal)
  }

  /** The first login may be long ago: what it used may have run out. */
  async #open(at: { nodeId: number; host: string; port: number }): Promise<Node> {
    const sasl = await saslOf(this.#options, this.#over.signal)
    const node = nodeAt(this.#options, { sockets: this.#sockets, sasl, ...at })
    await node.connect()
    return node
  }

  /** An answer in time, or a RedriveError. */
  async timed<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      const onTimeout = (): Error => this.#lost('no answer in time')
      const wait = { work, timeoutMs: ASK_TIMEOUT_MS, clock: this.#options.clock, onTimeout }
      return await within(wait, AbortSignal.any([signal, this.#over.signal]))
    } catch (error) {
      signal.throwIfAborted()
      throw classify(error, clusterDetail(this.#options), false)
    }
  }

  /** Leaves no socket behind; what had no answer gets none. */
  hangUp(): void {
    this.#sockets.destroy()
  }

  #lost(reason: string): RedriveError {
    return new RedriveError('connection-lost', 'later', { ...clusterDetail(this.#options), reason })
  }
}

function isAuthFailure(error: unknown): boolean {
  return error instanceof RedriveError && error.code === 'auth-failed'
}

function isRefusal(error: unknown): boolean {
  return isAuthFailure(classify(error, {}, true))
}

function nodeAt(
  { clientId }: ClusterOptions,
  at: { sockets: Sockets; sasl: object | null; nodeId: number | null; host: string; port: number },
): Node {
  return makeNode({ ...at, clientId, connectTimeoutMs: CONNECT_TIMEOUT_MS })
}

function split(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) }
}

async function saslOf(
  { login, password, clock, ...options }: ClusterOptions,
  signal: AbortSignal,
): Promise<object | null> {
  if (login === undefined) return null
  const onTimeout = (): Error =>
    new RedriveError('secret-missing', 'never', {
      ...clusterDetail({ ...options, login }),
      reason: 'no password in time',
    })
  const secret = await within({ work: password(), timeoutMs: PASSWORD_TIMEOUT_MS, clock, onTimeout }, signal)
  if (login.mechanism !== 'oauthbearer')
    return { mechanism: login.mechanism, username: login.user, password: secret }
  // A session that ends is renewed with a token of then.
  let first: string | null = secret
  const oauthBearerProvider = async (): Promise<{ value: string }> => {
    const value = first ?? (await password())
    first = null
    return { value }
  }
  return { mechanism: 'oauthbearer', oauthBearerProvider }
}
