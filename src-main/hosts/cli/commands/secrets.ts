import { existsSync } from 'node:fs'
import { text as readText } from 'node:stream/consumers'
import { changeSecretsFile, readSecretsFile } from '../../../adapters/secrets-age/secrets-file.ts'
import type { Opener, SecretsByName } from '../../../adapters/secrets-age/secrets-file.ts'
import { RedriveError } from '../../../domain/errors.ts'
import { usageError } from '../../common/failure.ts'
import { passwordPrompt } from '../../common/prompt.ts'
import { openerFrom, openerOf, PASSPHRASE_VARIABLE, secretsFileOf } from '../../common/secrets-file.ts'
import { operand } from '../command.ts'
import type { Command, CommandContext } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

const PASSPHRASE_CHARS_MIN = 8
const NAME_CHARS_MAX = 200
const SECRET_CHARS_MAX = 10_000

export const secretsSet: Command = {
  words: ['secrets', 'set'],
  summary: `Puts a secret into the encrypted file (its passphrase is asked for, or ${PASSPHRASE_VARIABLE})`,
  operands: ['NAME'],
  options: { stdin: { kind: 'flag', help: 'read it from the standard input, to its first line end' } },
  async run(context) {
    const name = nameOf(context)
    const path = fileOf(context)
    const opener = await openerForWriting(path)
    const value = await valueOf(context, name)
    await changeSecretsFile(path, opener, (secrets) => ({ ...secrets, [name]: value }))
    context.output.record({ type: 'secret-set', name, file: path })
    context.output.line(
      `"${name}" is in ${path}. The workspace names it as { "secret": ${JSON.stringify(name)} }.`,
    )
    return EXIT.done
  },
}

export const secretsList: Command = {
  words: ['secrets', 'list'],
  summary: 'Lists the names of the secrets in the encrypted file, never the secrets',
  operands: [],
  options: {},
  async run(context) {
    const path = fileOf(context)
    const secrets = await readSecretsFile(path, openerOf(path, process.env, passwordPrompt()).opener)
    const names = Object.keys(secrets ?? {}).toSorted()
    context.output.list(
      names.map((name) => ({ type: 'secret', name })),
      [{ title: 'NAME', cell: ({ name }) => name }],
    )
    if (names.length === 0) context.output.remark(`There is no secret in ${path}.`)
    return EXIT.done
  },
}

export const secretsRemove: Command = {
  words: ['secrets', 'remove'],
  summary: 'Removes a secret from the encrypted file',
  operands: ['NAME'],
  options: {},
  async run(context) {
    const name = nameOf(context)
    const path = fileOf(context)
    const { opener } = openerOf(path, process.env, passwordPrompt())
    const without = (secrets: SecretsByName): SecretsByName => {
      if (Object.hasOwn(secrets, name))
        return Object.fromEntries(Object.entries(secrets).filter(([known]) => known !== name))
      throw new RedriveError('secret-missing', 'never', { name, reason: `it is not in ${path}` })
    }
    await changeSecretsFile(path, opener, without)
    context.output.record({ type: 'secret-removed', name, file: path })
    context.output.line(`"${name}" is removed.`)
    return EXIT.done
  },
}

function fileOf({ globals }: CommandContext): string {
  return secretsFileOf(globals.dataDir, process.env)
}

function nameOf(context: CommandContext): string {
  const name = operand(context, 0)
  if (name.length <= NAME_CHARS_MAX) return name
  throw usageError(`The name of a secret has at most ${NAME_CHARS_MAX} characters.`)
}

/** Never an argument: everybody on the machine may read those. */
async function valueOf({ args }: CommandContext, name: string): Promise<string> {
  const ask = passwordPrompt()
  if (!args.flag('stdin') && ask === undefined)
    throw usageError('The secret is asked for at a terminal; elsewhere say --stdin and write it there.')
  const given = args.flag('stdin') ? await readText(process.stdin) : await ask?.(name)
  const [value = ''] = (given ?? '').split(/\r?\n/, 1)
  if (value === '') throw usageError('The secret is empty; nothing was written.')
  if (value.length > SECRET_CHARS_MAX)
    throw usageError(`A secret has at most ${SECRET_CHARS_MAX} characters; nothing was written.`)
  return value
}

/** A new file gets the passphrase that is typed now: twice, and not a short one. */
async function openerForWriting(path: string): Promise<() => Promise<Opener>> {
  const given = await openerFrom(process.env)
  const { opener } = openerOf(path, process.env, passwordPrompt())
  if (existsSync(path)) return opener
  const first = await opener()
  if ('identity' in first) return async () => first
  if (first.passphrase.length < PASSPHRASE_CHARS_MIN)
    throw usageError(`The passphrase has at least ${PASSPHRASE_CHARS_MIN} characters; nothing was written.`)
  if (given === null && (await passwordPrompt()?.(`${path}, once more`)) !== first.passphrase)
    throw usageError('The two passphrases differ; nothing was written.')
  return async () => first
}
