import { z } from 'zod'

/** As `src-main/domain/role.ts` has them, the least first. */
export const role = z.enum(['viewer', 'operator', 'approver', 'administrator'])
export type Role = z.infer<typeof role>
