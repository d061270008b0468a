import { config } from 'zod/v4/core'

// Before the schemas of the contract are made: zod would compile a function for each that is used, a twelfth of what the
// engine's start takes of the processor. A page of 500 messages is checked in half a millisecond without them.
config({ jitless: true })
