import { implement } from '@orpc/server'
import { audits } from '../../../src-preload/contract/audits.ts'
import { refuse } from './fake-world.ts'

/** A store in which nothing has been audited, on sources without chains. */
export function fakeAudits() {
  const os = implement(audits)
  const unknown = (audit: string) => refuse('audit-not-found', { audit })
  const noChain = (source: string) => refuse('chain-not-mapped', { source })
  return os.router({
    start: os.start.handler(({ input }) => noChain(input.source)),
    get: os.get.handler(({ input }) => unknown(input.audit)),
    follow: os.follow.handler(({ input }) => unknown(input.audit)),
    cancel: os.cancel.handler(({ input }) => unknown(input.audit)),
    list: os.list.handler(() => ({ audits: [] })),
    findings: os.findings.handler(({ input }) => unknown(input.audit)),
    chains: os.chains.handler(({ input }) => unknown(input.audit)),
    chain: os.chain.handler(({ input }) => noChain(input.source)),
    repair: os.repair.handler(({ input }) => unknown(input.audit)),
    report: os.report.handler(({ input }) => unknown(input.audit)),
    watches: os.watches.handler(() => ({ watches: [] })),
    watch: os.watch.handler(({ input }) => noChain(input.source)),
  })
}
