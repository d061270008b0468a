// House rules that no other tool checks, on every file git knows or would add.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'

const TOP_LEVEL = [
  'package.json',
  'package-lock.json',
  'electron.vite.config.ts',
  'tsconfig.json',
  'src-main',
  'src-renderer',
  'src-preload',
  'test',
  'resources',
  'README.md',
  'LICENSE',
]
const MODULE_LINES_MAX = 350
const COMPONENT_LINES_MAX = 250
const FILE_BYTES_MAX = 1_000_000
const DEPENDENCIES_FILE = '.config/dependencies.md'

// Each pattern has one letter in brackets so that this file does not find itself.
const UNFINISHED = /\b(TOD[O]|FIXM[E])\b/
const TYPES_SILENCED = /@ts-(ignor[e]|nochec[k]|expect-erro[r])/
const NOT_RUN = /\.(only|skip|todo|skipIf|runIf)\s*[(.]/
const ANY_TYPE = /(:|\bas|<|,|\||=)\s*any\b(?!\s*:)/

const problems: string[] = []

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n')
}

/** The line without its comment and its string contents: what is left is code. */
function codeOf(line: string): string {
  if (/^\s*(\*|\/\*|\/\/|<!--)/.test(line)) return ''
  return line.replace(/'[^']*'|"[^"]*"|`[^`]*`/g, "''").replace(/\/\/.*$/, '')
}

function checkSource(path: string): void {
  const lines = linesOf(readFileSync(path, 'utf8'))
  const linesMax = path.endsWith('.vue') ? COMPONENT_LINES_MAX : MODULE_LINES_MAX
  if (lines.length > linesMax) problems.push(`${path}: ${lines.length} lines, at most ${linesMax}`)
  lines.forEach((line, index) => {
    const at = `${path}:${index + 1}`
    if (UNFINISHED.test(line)) problems.push(`${at}: unfinished work belongs in no commit`)
    if (TYPES_SILENCED.test(line)) problems.push(`${at}: a silenced type error`)
    if (ANY_TYPE.test(codeOf(line))) problems.push(`${at}: the type any`)
    if (path.startsWith('test/') && NOT_RUN.test(codeOf(line)))
      problems.push(`${at}: a test that does not run`)
  })
}

function checkFiles(paths: string[]): void {
  for (const path of paths) {
    const [top = path] = path.split('/')
    if (!top.startsWith('.') && !TOP_LEVEL.includes(top)) problems.push(`${path}: not part of the top level`)
    const bytes = statSync(path).size
    if (bytes > FILE_BYTES_MAX) problems.push(`${path}: ${bytes} bytes, at most ${FILE_BYTES_MAX}`)
    if (/\.(ts|vue)$/.test(path)) checkSource(path)
  }
}

type Pins = Record<string, string>
type Manifest = Partial<Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Pins>>

function checkDependencies(): void {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
  const pins = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
  const reasons = new Set(
    [...readFileSync(DEPENDENCIES_FILE, 'utf8').matchAll(/^- `([^`]+)`: \S/gm)].map((match) => match[1]),
  )
  for (const [name, version] of Object.entries(pins)) {
    if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      problems.push(`package.json: ${name} is not pinned exactly`)
    if (!reasons.delete(name)) problems.push(`${DEPENDENCIES_FILE}: no reason for ${name}`)
  }
  for (const name of reasons) problems.push(`${DEPENDENCIES_FILE}: ${name} is not a dependency`)
  if (/"resolved": "http/.test(readFileSync('package-lock.json', 'utf8')))
    problems.push('package-lock.json: names a registry')
}

const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
checkFiles(listed.split('\0').filter((path) => path !== '' && existsSync(path)))
checkDependencies()

for (const problem of problems) console.error(problem)
console.log(problems.length === 0 ? 'tidy: ok' : `tidy: ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
