/** What every token of a Redrive claim begins and ends with; between them stands whose claim it is. */
export const CLAIM_TOKEN_BEGINS = 'Redrive '
export const CLAIM_TOKEN_ENDS = ': claimed, outcome not written down yet'

/** What a claim writes into the row. Whoever looks at the table with SQL can read it. */
export function claimTokenOf(subject: string): string {
  return `${CLAIM_TOKEN_BEGINS}${subject}${CLAIM_TOKEN_ENDS}`
}
