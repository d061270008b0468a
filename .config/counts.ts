// Prints `N passed, N failed` from vitest's own reports, which are named, and fails unless every test ran and passed.
import { readFileSync } from 'node:fs'

interface Report {
  success: boolean
  numPassedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: { name: string; status: string; assertionResults: { status: string }[] }[]
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
}

if (skipped > 0) console.log(`${skipped} skipped: a suite that does not run everything proves nothing`)

const allRan = reports.length > 0 && reports.every((one) => one.success && one.numPassedTests > 0)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = allRan && failed === 0 && skipped === 0 ? 0 : 1
