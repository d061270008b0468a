/** Where the ledger's messages go. */
export const LEDGER_EXCHANGE = 'ledger'
export const LEDGER_KEY = 'ledger.booked'
export const LEDGER_QUEUE = 'ledger'
