/** Where the ledger's messages go. */
export const LEDGER_EXCHANGE = 'ledger'
export const LEDGER_KEY = 'ledger.booked'
/** Where the receiver says what it has booked, and where delayed checks arrive. */
export const LEDGER_CONFIRMATIONS = 'ledger.confirmations'
export const LEDGER_CHECKS = 'ledger.checks'
export const LEDGER_QUEUE = 'ledger'
