/**
 * What can drive a terminal (C0 and C1 controls), turn the order of what is read (marks, embeddings, overrides and isolates of
 * direction), break a line, or stand there unseen. Joiners stay: scripts and emoji need them.
 */
const ACTS =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu
/** The same but for ends of lines and tabs. */
export const actingInLines = new RegExp(`(?![\\n\\t])(?:${ACTS.source})`, 'gu')

/**
 * A stored text as one line for the eye: what would act instead of being read is written as JSON escapes it (`\u202e`).
 * Nothing is found by what this gives.
 */
export function inertText(text: string): string {
  return text.replace(ACTS, escaped)
}

/** The same of several lines; their ends and tabs stay. JSON stays the JSON of the same value. */
export function inertLines(text: string): string {
  return text.replace(actingInLines, escaped)
}

function escaped(char: string): string {
  let units = ''
  for (let at = 0; at < char.length; at += 1)
    units += `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`
  return units
}
