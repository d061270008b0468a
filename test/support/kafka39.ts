/** The tests that speak to Kafka, on the last release before 4: `npm run test:kafka39`. */
import { spawnSync } from 'node:child_process'

const OLD = '3.9.1'
const files = [
  'test/conformance/broker-kafka.test.ts',
  'test/conformance/topics-kafka.test.ts',
  'test/integration/brokers-kafka.test.ts',
  'test/integration/broker-kafka',
  'test/faults/kafka.test.ts',
]

const { status } = spawnSync('vitest', ['run', '--config', '.config/vitest.config.ts', ...files], {
  stdio: 'inherit',
  env: { ...process.env, REDRIVE_TEST_KAFKA: OLD },
})
process.exitCode = status ?? 1
