import { z } from 'zod'
import { roles } from './terms.ts'

export const role = z.enum(roles)
export type Role = z.infer<typeof role>
