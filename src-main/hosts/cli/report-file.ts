import { writeFile } from 'node:fs/promises'
import { usageError } from '../common/failure.ts'

/** A report is evidence: it never replaces one that exists. */
export async function writeReport(file: string, html: string): Promise<void> {
  await writeFile(file, html, { flag: 'wx' }).catch((error: unknown) => {
    if (error instanceof Error && 'syscall' in error) {
      throw usageError(`The report cannot be written to ${file} (${error.message}).`, { cause: error })
    }
    throw error
  })
}
