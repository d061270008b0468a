// Prints `N passed, N failed` from vitest's own report and fails unless every test ran and passed.
import { readFileSync } from 'node:fs'

interface Report {
  success: boolean
  numPassedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: { name: string; status: string; assertionResults: { status: string }[] }[]
}

const report = JSON.parse(readFileSync('.cache/vitest.json', 'utf8')) as Report

let failed = 0
for (const file of report.testResults) {
  const failedInFile = file.assertionResults.filter((test) => test.status === 'failed').length
  // A file that could not be loaded, or whose hooks failed, has no failed test to show for it.
  failed += failedInFile === 0 && file.status === 'failed' ? 1 : failedInFile
}

const skipped = report.numPendingTests + report.numTodoTests
if (skipped > 0) console.log(`${skipped} skipped: a suite that does not run everything proves nothing`)
if (report.numPassedTests === 0) console.log('no test ran')

console.log(`${report.numPassedTests} passed, ${failed} failed`)
process.exitCode = report.success && failed === 0 && skipped === 0 && report.numPassedTests > 0 ? 0 : 1
