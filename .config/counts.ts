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

function printFailures(file: TestFile): void {
  const path = relative(process.cwd(), file.name)
  const failures = file.assertionResults.filter((test) => test.status === 'failed')
  for (const { fullName, failureMessages } of failures)
    printFailure(`${path} > ${fullName}`, failureMessages.join('\n'))
  if (failures.length === 0) printFailure(path, file.message)
}

function printFailure(what: string, reason: string): void {
  console.log(`FAILED ${what}`)
  for (const line of reason.split('\n').slice(0, REASON_LINES)) console.log(`  ${line}`)
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
for (const file of reports.flatMap((report) => report.testResults)) {
  const failedInFile = file.assertionResults.filter((test) => test.status === 'failed').length
  // A file that could not be loaded, or whose hooks failed, has no failed test to show for it.
  failed += failedInFile === 0 && file.status === 'failed' ? 1 : failedInFile
  if (file.status === 'failed') printFailures(file)
}

if (skipped > 0) console.log(`${skipped} skipped: a suite that does not run everything proves nothing`)

const allRan = reports.length > 0 && reports.every((one) => one.success && one.numPassedTests > 0)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = allRan && failed === 0 && skipped === 0 ? 0 : 1
