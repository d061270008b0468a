import { expect, test } from 'vitest'
import { readableId as inEngine } from '../../src-main/domain/readable-id.ts'
import { readableId as inConsole } from '../../src-renderer/ui/readable-id.ts'

const EXAMPLES = [
  ['["a","2"]', 'a · 2'],
  ['["tenant 7","2026-11-29","public.shop"]', 'tenant 7 · 2026-11-29 · public.shop'],
  ['["a",null]', 'a · null'],
  ['1042', '1042'],
  ['00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000002'],
  // Ids of one column that only look like it are shown as they are.
  ['[', '['],
  ['[]', '[]'],
  ['["a",""]', '["a",""]'],
  ['[1,2]', '[1,2]'],
  ['["a"', '["a"'],
] as const

test.each(EXAMPLES)('%s was shown to people as a JSON array', (id, readable) => {
  expect(inEngine(id)).toBe(readable)
  expect(inConsole(id)).toBe(readable)
})
