import { open, readFile, realpath, rename, rm } from 'node:fs/promises'
import type { z } from 'zod'
import { RedriveError } from '../../domain/errors.ts'
import type { Workspace } from '../../domain/workspace.ts'
import type { WorkspaceStore } from '../../ports/surroundings.ts'
import { workspaceSchema } from './schema.ts'
import { whileUnchanged } from './while-unchanged.ts'

const WORKSPACE_BYTES_MAX = 1024 * 1024
/** Secrets may stand in it: for its owner only. */
const FILE_MODE = 0o600

export interface WorkspaceFileOptions {
  readonly path: string
}

type Parsed = z.output<typeof workspaceSchema>

/** Connections in a JSON file that a person may write and keep under version control. */
export function openWorkspaceFile({ path }: WorkspaceFileOptions): WorkspaceStore {
  let saves = Promise.resolve()
  return {
    load: whileUnchanged(path, async () => {
      const text = await readText(path)
      if (text === null) return { sources: {}, brokers: {} }
      const { sources, brokers, ...more } = parseText(path, text)
      return { sources, brokers, ...given(more) }
    }),
    save(workspace) {
      // One at a time, in the order of the calls.
      const saved = saves.then(() => save(path, workspace))
      saves = saved.catch(() => undefined)
      return saved
    },
  }
}

/** What a workspace may leave out, where it does not. */
function given({ alerts, masking, policies, store }: Omit<Workspace, 'sources' | 'brokers'>) {
  return {
    ...(alerts && { alerts }),
    ...(masking && { masking }),
    ...(policies && { policies }),
    ...(store && { store }),
  }
}

async function save(path: string, workspace: Workspace): Promise<void> {
  const { sources, brokers, ...more } = check(path, workspace)
  const schema = await schemaLine(path)
  const text = `${JSON.stringify({ ...schema, sources, brokers, ...given(more) }, null, 2)}\n`
  try {
    // The file behind a link is replaced, not the link.
    await replaceFile(await realpath(path).catch(() => path), text)
  } catch (error) {
    throw invalid(path, '', `the file cannot be written: ${messageOf(error)}`, error)
  }
}

/** A reader finds the old file or the new one, whatever happens in between. */
async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.${process.pid}.new`
  try {
    const file = await open(next, 'w', FILE_MODE)
    try {
      await file.chmod(FILE_MODE)
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(next, path)
  } catch (error) {
    await rm(next, { force: true })
    throw error
  }
}

/** Keeps the editor's "$schema" line, which is no part of a workspace. */
async function schemaLine(path: string): Promise<{ $schema?: string }> {
  try {
    const text = await readText(path)
    if (text === null) return {}
    const { $schema } = parseText(path, text)
    return $schema === undefined ? {} : { $schema }
  } catch {
    // What is about to be replaced may be broken.
    return {}
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    const bytes = await readFile(path)
    if (bytes.length > WORKSPACE_BYTES_MAX) throw new Error(`larger than ${WORKSPACE_BYTES_MAX} bytes`)
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw invalid(path, '', `the file cannot be read: ${messageOf(error)}`, error)
  }
}

function parseText(path: string, text: string): Parsed {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    // V8 quotes the text around the fault, where a password may stand: only the place is told.
    throw invalid(path, placeOf(messageOf(error), text), 'not valid JSON')
  }
  return check(path, value)
}

function placeOf(message: string, text: string): string {
  const position = /position (\d+)/.exec(message)?.[1]
  const before = text.slice(0, position === undefined ? text.length : Number(position)).split('\n')
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}

function check(path: string, value: unknown): Parsed {
  const parsed = workspaceSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  if (!issue) throw invalid(path, '', 'not a workspace')
  const { at, problem } = describe(issue)
  throw invalid(path, at.map(String).join('.'), problem)
}

function describe(issue: z.core.$ZodIssue): { at: PropertyKey[]; problem: string } {
  switch (issue.code) {
    case 'unrecognized_keys':
      return { at: [...issue.path, ...issue.keys.slice(0, 1)], problem: 'unknown key' }
    case 'invalid_key':
      return { at: issue.path, problem: issue.issues[0]?.message ?? 'not a name' }
    case 'invalid_union':
      return issue.path.at(-1) === 'password'
        ? {
            at: issue.path,
            problem: 'one of { "value": … }, { "env": … }, { "keychain": true }, { "prompt": true }',
          }
        : describeNearest(issue)
    default:
      return { at: issue.path, problem: issue.message }
  }
}

/** Of several forms the one that was meant: it has the least against what is written. */
function describeNearest(issue: z.core.$ZodIssueInvalidUnion): ReturnType<typeof describe> {
  const [nearest] = [...issue.errors].sort((one, other) => one.length - other.length)
  const [first] = nearest ?? []
  if (first === undefined) return { at: issue.path, problem: issue.message }
  const { at, problem } = describe(first)
  return { at: [...issue.path, ...at], problem }
}

function invalid(path: string, at: string, problem: string, cause?: unknown): RedriveError {
  return new RedriveError('workspace-invalid', 'never', { path, at, problem }, { cause })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
