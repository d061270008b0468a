import type { CopiedRecord } from './outcome.ts'

export const searchPlaces = ['anywhere', 'key', 'header', 'payload'] as const
export type SearchPlace = (typeof searchPlaces)[number]

export interface RecordSearch {
  /** Letters of either case are the same. Of a header also `name=text`: that header only. */
  readonly text: string
  readonly place: SearchPlace
}

type Found = (record: Pick<CopiedRecord, 'key' | 'value' | 'headers'>) => boolean

/** Whether a record holds the text, read as UTF-8. What is binary is searched as what its bytes are in it. */
export function recordMatcher({ text, place }: RecordSearch): Found {
  const wanted = text.toLowerCase()
  const holds = (bytes: Uint8Array | null): boolean => bytes !== null && lowerText(bytes).includes(wanted)
  const inHeader = headerMatcher(wanted, holds)
  switch (place) {
    case 'key':
      return ({ key }) => holds(key)
    case 'payload':
      return ({ value }) => holds(value)
    case 'header':
      return ({ headers }) => headers.some(inHeader)
    case 'anywhere':
      return ({ key, value, headers }) => holds(key) || holds(value) || headers.some(inHeader)
  }
}

function headerMatcher(
  wanted: string,
  holds: (bytes: Uint8Array | null) => boolean,
): (header: CopiedRecord['headers'][number]) => boolean {
  const equals = wanted.indexOf('=')
  const [name, part] = [wanted.slice(0, equals).trim(), wanted.slice(equals + 1).trim()]
  const named = (header: CopiedRecord['headers'][number]): boolean =>
    equals > 0 &&
    header[0].toLowerCase() === name &&
    (part === '' || (header[1] !== null && lowerText(header[1]).includes(part)))
  return (header) => header[0].toLowerCase().includes(wanted) || holds(header[1]) || named(header)
}

const utf8 = new TextDecoder()

function lowerText(bytes: Uint8Array): string {
  return utf8.decode(bytes).toLowerCase()
}
