// What comes from elsewhere: every package of the lockfile has its digest and a licence that lets it be shipped, and only
// those run code at install that package.json names. Prints the licences with their counts.
import { readFileSync } from 'node:fs'

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly license?: string
  readonly hasInstallScript?: boolean
  readonly inBundle?: boolean
}
interface Manifest {
  readonly allowScripts?: Readonly<Record<string, boolean>>
}

/** None of them asks for more than to be named; what only builds may ask for its changes to be shared. */
const LICENCES: ReadonlySet<string> = new Set([
  ...[
    '0BSD',
    'Apache-2.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'BlueOak-1.0.0',
    'CC-BY-4.0',
    'CC0-1.0',
    'ISC',
    'MIT',
  ],
  ...['MIT-0', 'MPL-2.0', 'Python-2.0', 'Unlicense', 'WTFPL', 'Zlib'],
])

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> }
const { allowScripts = {} } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
const problems: string[] = []
const counts = new Map<string, number>()

/** `(MIT OR Apache-2.0)`: one of them is enough; `MIT AND Zlib`: all are needed. */
function mayBeUsed(licence: string): boolean {
  const words = licence.replaceAll(/[()]/g, '')
  return words.split(' OR ').some((one) => one.split(' AND ').every((name) => LICENCES.has(name.trim())))
}

for (const [path, { version, integrity, license, hasInstallScript, inBundle }] of Object.entries(
  lock.packages,
)) {
  const name = path.split('node_modules/').at(-1) ?? ''
  if (path === '') continue
  const at = `package-lock.json: ${name}@${version ?? '?'}`
  if (integrity === undefined && inBundle !== true) problems.push(`${at} has no digest`)
  counts.set(license ?? 'none', (counts.get(license ?? 'none') ?? 0) + 1)
  if (license === undefined || !mayBeUsed(license))
    problems.push(`${at} has the licence ${license ?? 'none'}`)
  if (hasInstallScript === true && !(name in allowScripts))
    problems.push(`${at} wants to run code at install`)
}

for (const problem of problems) console.error(problem)
const list = [...counts].toSorted(([, a], [, b]) => b - a).map(([licence, count]) => `${licence} ${count}`)
console.log(problems.length === 0 ? `supply: ok (${list.join(', ')})` : `supply: ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
