import { expect, test } from 'vitest'
import fc from 'fast-check'
import { cellOf, membersOf } from '../../src-main/adapters/outbox-redis/json-text.ts'
import { compareIds, placeOf } from '../../src-main/adapters/outbox-redis/staging.ts'

test('members keep their text: digits, spaces and quotes as they are written', () => {
  const text =
    ' { "n" : 12345678901234567890 , "o": {"a" : [1, "}," ]}, "t": "a \\" , }", "z": null, "b": true }'
  const members = membersOf(text)!
  expect([...members]).toEqual([
    ['n', '12345678901234567890'],
    ['o', '{"a" : [1, "}," ]}'],
    ['t', '"a \\" , }"'],
    ['z', 'null'],
    ['b', 'true'],
  ])
  expect(['n', 't', 'z', 'b'].map((name) => cellOf(members.get(name)!))).toEqual([
    '12345678901234567890',
    'a " , }',
    null,
    'true',
  ])
  for (const none of ['', '[]', '1', '{"a":', 'null']) expect(membersOf(none)).toBeNull()
  expect([...membersOf('{}')!]).toEqual([])
})

test('whatever stands in an object, its members say what a parser says', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 }), (object) => {
      const text = JSON.stringify(object)
      const members = membersOf(text)!
      const read = Object.fromEntries([...members].map(([name, raw]) => [name, JSON.parse(raw) as unknown]))
      expect(read).toEqual(JSON.parse(text))
    }),
  )
})

test('ids are in the order in which a person would put them', () => {
  const ids = ['msg:2', 'msg:10', '9', '10', '1700-2', '1700-10', 'msg', 'a']
  expect(ids.toSorted(compareIds)).toEqual(['9', '10', '1700-2', '1700-10', 'a', 'msg', 'msg:2', 'msg:10'])
})

test('notes are in the slot of their message', () => {
  const tagged = placeOf({ layout: 'hash' }, 'x:*', 'order:{42}:staged')
  expect(tagged.keys[1]).toBe('redrive:{42}:notes:order:{42}:staged')
  const plain = placeOf({ layout: 'fields' }, 'staged', '7')
  expect(plain.keys.slice(0, 2)).toEqual(['staged', 'redrive:{staged}:notes:staged'])
})
