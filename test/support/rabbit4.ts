/** The tests that speak to RabbitMQ, on Debian 13's RabbitMQ 4: `npm run test:rabbit4`. Takes names of test files, too. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rabbit4Root } from './rabbit4-root.ts'
import { startRabbitNode } from './rabbitmq-node.ts'
import type { RabbitNode } from './rabbitmq-node.ts'

const files = [
  'test/conformance/broker-rabbitmq.test.ts',
  'test/conformance/dead-letters-rabbitmq.test.ts',
  'test/conformance/streams-rabbitmq.test.ts',
  'test/integration/broker-rabbitmq',
  'test/integration/brokers-rabbitmq',
  'test/integration/dead-letters-rabbitmq',
  'test/faults/dead-letters.test.ts',
]

const root = await rabbit4Root()
const node = await startRabbitNode({ root })
const tools = await mkdtemp(join(tmpdir(), 'redrive-rabbit4-'))
try {
  console.log(`RabbitMQ ${(await node.control('version')).trim()} on 127.0.0.1:${node.port}`)
  await writeFile(join(tools, 'rabbitmqctl'), controlScript(node), { mode: 0o755 })
  const named = process.argv.slice(2)
  const words = ['run', '--config', '.config/vitest.config.ts', ...(named.length > 0 ? named : files)]
  const { status } = spawnSync('vitest', words, {
    stdio: 'inherit',
    env: {
      ...process.env,
      REDRIVE_TEST_RABBIT: `amqp://guest:guest@127.0.0.1:${node.port}/`,
      REDRIVE_TEST_RABBIT_ROOT: root,
      PATH: `${tools}:${process.env['PATH'] ?? ''}`,
    },
  })
  process.exitCode = status ?? 1
} finally {
  await node.close()
  await rm(tools, { recursive: true, force: true })
}

/** What the tests call by this name speaks to the node of this run. */
function controlScript({ controller: { command, env }, port }: RabbitNode): string {
  const settings = Object.entries(env).filter(([name]) => /^(HOME|RABBITMQ_|ERL_)/.test(name))
  const words = [...settings.map(([name, value]) => `${name}=${value ?? ''}`), ...command]
  const quoted = words.map((word) => `'${word}'`).join(' ')
  return `#!/bin/sh\nexec env ${quoted} -n redrive_${port}@localhost "$@"\n`
}
