import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { darkParts } from '../../src-renderer/app/dark-parts.ts'

/** Look of another component's: it has no dark form of its own. */
const WITHOUT: Readonly<Record<string, string>> = {
  RadioButton: 'Radio',
  RadioGroup: 'Radio',
  NotificationProvider: 'Notification',
}

test('a component that stays light in the dark: every one that is used has its dark form', () => {
  const used = globSync('src-renderer/**/*.vue').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/import \{([^}]*)\} from 'naive-ui'/g)].flatMap(
      ([, names = '']) => [...names.matchAll(/\bN([A-Z]\w+)/g)].map(([, name = '']) => WITHOUT[name] ?? name),
    ),
  )
  const known = [...Object.keys(darkParts), 'ConfigProvider']
  expect([...new Set(used)].filter((name) => !known.includes(name))).toEqual([])
})
