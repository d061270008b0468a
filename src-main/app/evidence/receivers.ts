import { isLog } from '../../domain/evidence-config.ts'
import type { EvidenceConfig, SourceConfig, Workspace } from '../../domain/workspace.ts'
import type { Broker } from '../../ports/broker.ts'
import type { EvidenceReader } from '../../ports/evidence.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { openLogEvidence } from './log-evidence.ts'
import { openReceiver } from './receiver.ts'

interface Opened {
  readonly evidence: EvidenceConfig
  readonly opening: Promise<EvidenceReader>
}

export interface ReceiversOptions {
  readonly ports: EnginePorts
  readonly workspace: () => Promise<Workspace>
  /** Throws `broker-unknown`. */
  readonly broker: (name: string) => Promise<Broker>
}

/** Where sources say that their receivers write: opened once, and kept until what they look into changes. */
export class Receivers {
  readonly #options: ReceiversOptions
  readonly #opened = new Map<string, Opened>()

  constructor(options: ReceiversOptions) {
    this.#options = options
  }

  /** `evidence`: of the source of that name. Throws where it cannot be opened. */
  of(
    source: string,
    { config, evidence }: { readonly config: SourceConfig; readonly evidence: EvidenceConfig },
    signal: AbortSignal,
  ): Promise<EvidenceReader> {
    const known = this.#opened.get(source)
    if (known) return known.opening
    const opening = this.#open(source, { config, evidence }, signal)
    this.#opened.set(source, { evidence, opening })
    opening.catch(() => {
      if (this.#opened.get(source)?.opening === opening) this.#opened.delete(source)
    })
    return opening
  }

  /** Its own, and those that look into its database. */
  dropSource(name: string): Promise<void> {
    return this.#drop((source, evidence) => source === name || (!isLog(evidence) && evidence.source === name))
  }

  /** Another server may stand behind the name from now on. */
  dropBroker(name: string): Promise<void> {
    return this.#drop((_, evidence) => isLog(evidence) && evidence.broker === name)
  }

  close(): Promise<void> {
    return this.#drop(() => true)
  }

  async #open(
    source: string,
    { config, evidence }: { readonly config: SourceConfig; readonly evidence: EvidenceConfig },
    signal: AbortSignal,
  ): Promise<EvidenceReader> {
    const { ports, workspace, broker } = this.#options
    if (isLog(evidence))
      return openLogEvidence({ config: evidence, broker: () => broker(evidence.broker), clock: ports.clock })
    const { sources } = await workspace()
    return openReceiver(ports, { name: source, config, evidence, sources }, signal)
  }

  async #drop(isOver: (source: string, evidence: EvidenceConfig) => boolean): Promise<void> {
    const over = [...this.#opened].filter(([source, { evidence }]) => isOver(source, evidence))
    for (const [source] of over) this.#opened.delete(source)
    await Promise.allSettled(over.map(async ([, { opening }]) => (await opening).close()))
  }
}
