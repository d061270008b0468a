import type { OptionSpecs } from './arguments.ts'
import type { Command } from './command.ts'
import { globalOptions } from './options.ts'

export function overviewHelp(commands: readonly Command[]): string {
  const names = commands.map(usageName)
  const width = Math.max(...names.map((name) => name.length))
  const lines = commands.map(({ summary }, at) => `  ${(names[at] ?? '').padEnd(width)}  ${summary}`)
  return [
    'redrive: finds messages that got lost between a database and a broker, and resends them.',
    '',
    'Usage: redrive COMMAND [OPTIONS]',
    '',
    ...lines,
    '',
    'Options of every command:',
    ...optionLines(globalOptions),
    '',
    'Exit code: 0 done, 1 failed, 2 wrong usage or configuration, 3 done but something needs a person.',
  ].join('\n')
}

export function commandHelp(command: Command): string {
  const own = optionLines(command.options)
  return [
    `Usage: redrive ${usageName(command)} [OPTIONS]`,
    '',
    `${command.summary}.`,
    ...(own.length > 0 ? ['', 'Options:', ...own] : []),
    '',
    'Options of every command:',
    ...optionLines(globalOptions),
  ].join('\n')
}

function usageName({ words, operands, optionalOperand }: Command): string {
  const may = optionalOperand === undefined ? [] : [`[${optionalOperand}]`]
  return [...words, ...operands, ...may].join(' ')
}

function optionLines(specs: OptionSpecs): string[] {
  const entries = Object.entries(specs).map(([name, { value, help }]) => ({
    left: value === undefined ? `--${name}` : `--${name} ${value}`,
    help,
  }))
  const width = Math.max(0, ...entries.map(({ left }) => left.length))
  return entries.map(({ left, help }) => `  ${left.padEnd(width)}  ${help}`)
}
