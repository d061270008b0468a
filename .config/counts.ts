// Prints what failed, each with its reason, and `N passed, N failed` from vitest's own reports, which are named;
// fails unless every test ran and passed. What failed stands last because hosts of CI keep the end of a long log.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

interface Report {
  success: boolean
  numPassedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: TestFile[]
}

interface TestFile {
  /** Absolute path. */
  name: string
  status: string
  /** Why the file could not be loaded; empty otherwise. */
  message: string
  assertionResults: { status: string; fullName: string; failureMessages: string[] }[]
}

/** Lines of a reason that are printed: what was expected and the place in the test. */
const REASON_LINES = 20

interface Failure {
  readonly what: string
  readonly reason: string
}

function failuresOf({ name, status, message, assertionResults }: TestFile): readonly Failure[] {
  const path = relative(process.cwd(), name)
  const failed = assertionResults.filter((test) => test.status === 'failed')
  // A file that could not be loaded, or whose hooks failed, has no failed test to show for it.
  if (failed.length === 0 && status === 'failed') return [{ what: path, reason: message }]
  return failed.map(({ fullName, failureMessages }) => ({
    what: `${path} > ${fullName}`,
    reason: failureMessages.join('\n'),
  }))
}

const reports = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')) as Report)

let failed = 0
let passed = 0
let skipped = 0
for (const report of reports) {
  passed += report.numPassedTests
  skipped += report.numPendingTests + report.numTodoTests
  if (report.numPassedTests === 0) console.log('a run without a test')
}
for (const { what, reason } of reports.flatMap(({ testResults }) => testResults.flatMap(failuresOf))) {
  failed += 1
  console.log(`FAILED ${what}`)
  for (const line of reason.split('\n').slice(0, REASON_LINES)) console.log(`  ${line}`)
}

if (skipped > 0) console.log(`${skipped} skipped: a suite that does not run everything proves nothing`)

const allRan = reports.length > 0 && reports.every((one) => one.success && one.numPassedTests > 0)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = allRan && failed === 0 && skipped === 0 ? 0 : 1
