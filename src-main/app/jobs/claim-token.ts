/** What a claim writes into the row. Whoever looks at the table with SQL can read it. */
export function claimToken(job: string): string {
  return `Redrive ${job}: claimed, outcome not written down yet`
}
