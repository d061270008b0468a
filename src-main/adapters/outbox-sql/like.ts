/** A pattern of LIKE that is met by every text with this in it; % and _ of the text are no wildcards. */
export function containsPattern(text: string): string {
  return `%${text.replace(/[!%_]/g, '!$&')}%`
}
