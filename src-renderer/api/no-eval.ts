import { config } from 'zod/v4/core'

// Before any schema is made: zod would try whether it may compile code, and the page's policy reports each try.
config({ jitless: true })
