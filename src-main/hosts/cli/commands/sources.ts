import type { ErrorData } from '../../../../src-preload/contract/errors.ts'
import { inEnglish } from '../../../../src-preload/contract/text.ts'
import type { Words } from '../../../../src-preload/contract/text.ts'
import type { Command, CommandContext, EngineClient } from '../command.ts'
import { EXIT, exitCodeOf } from '../exit-codes.ts'
import { sourceOption } from '../options.ts'

export const sourcesList: Command = {
  words: ['sources', 'list'],
  summary: 'The sources of the workspace',
  operands: [],
  options: {},
  async run({ engine, output }) {
    const client = await engine()
    const { sources } = await client.connections.list({})
    output.list(
      sources.map(({ name, environment, url, table, profile, deliverTo }) => ({
        source: name,
        environment,
        url,
        table,
        profile,
        deliverTo,
      })),
      [
        { title: 'SOURCE', cell: (row) => row.source },
        { title: 'ENVIRONMENT', cell: (row) => row.environment },
        { title: 'TABLE', cell: (row) => row.table },
        { title: 'PROFILE', cell: (row) => row.profile },
        { title: 'DELIVERS TO', cell: (row) => row.deliverTo },
        { title: 'URL', cell: (row) => row.url },
      ],
    )
    return EXIT.done
  },
}

export const sourcesTest: Command = {
  words: ['sources', 'test'],
  summary: 'Connects to a source and to the broker it delivers to, and reports what is found',
  operands: [],
  options: { source: sourceOption },
  async run(context) {
    const client = await context.engine()
    const source = context.args.required('source')
    const deliverTo = await brokerOf(client, source)
    const sourceError = await testSource(context, client, source)
    const brokerError = deliverTo === null ? null : await testBroker(context, client, deliverTo)
    const errors = [sourceError, brokerError].filter((error) => error !== null)
    errors.forEach(context.output.failure)
    return errors[0] === undefined ? EXIT.done : exitCodeOf(errors[0].code)
  },
}

async function brokerOf(client: EngineClient, source: string): Promise<string | null> {
  const { sources } = await client.connections.list({})
  return sources.find(({ name }) => name === source)?.deliverTo ?? null
}

async function testSource(
  { output, signal }: CommandContext,
  client: EngineClient,
  source: string,
): Promise<ErrorData | null> {
  const test = await client.connections.testSource({ name: source, draft: null }, { signal })
  if (!test.ok) return test.error
  const { report } = test
  output.object(
    { type: 'source', source, ok: true, ...report },
    {
      source,
      server: `${report.serverVersion}, ${report.role}, ${Math.round(report.latencyMs)} ms`,
      table: report.table,
      profile: report.profile,
      'may read': report.privileges.select,
      'may update': report.privileges.update,
      'read role can write': report.readRoleCanWrite,
      'open rows are indexed': report.indexed,
      ...toldOf('kept how', report.facts),
      ...toldOf('could be lost', report.warnings),
    },
  )
  return null
}

/** What only some servers tell. */
function toldOf(name: string, words: readonly Words[] | undefined): Record<string, string> {
  if (words === undefined || words.length === 0) return {}
  return { [name]: words.map(inEnglish).join(' ') }
}

async function testBroker(
  { output, signal }: CommandContext,
  client: EngineClient,
  broker: string,
): Promise<ErrorData | null> {
  const test = await client.connections.testBroker({ name: broker, draft: null }, { signal })
  if (!test.ok) return test.error
  const { report } = test
  output.object(
    { type: 'broker', broker, ok: true, ...report },
    { broker, server: `${report.product} ${report.version}, ${Math.round(report.latencyMs)} ms` },
  )
  return null
}
