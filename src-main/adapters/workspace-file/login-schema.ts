import { z } from 'zod'
import { roles } from '../../domain/role.ts'
import { issuerProblem, NAME_CLAIM_DEFAULT, SCOPE_DEFAULT } from '../../domain/sign-on.ts'
import type { LoginConfig } from '../../domain/sign-on.ts'
import { secretRef } from './access-schema.ts'

const CHARS_MAX = 500
const ROLES_MAX = 200
const text = z.string().min(1).max(CHARS_MAX)

const openId = z
  .strictObject({
    issuer: text
      .describe('As in its metadata: https://login.example/realms/ops.')
      .superRefine((url, context) => {
        const problem = issuerProblem(url)
        if (problem !== null) context.addIssue({ code: 'custom', message: problem })
      }),
    clientId: text,
    clientSecret: secretRef.describe('Absent: a public client.').exactOptional(),
    scope: text.describe(`Beside openid; ${SCOPE_DEFAULT} unless set.`).exactOptional(),
    nameClaim: text
      .describe(
        `Names the person in the journal; ${NAME_CLAIM_DEFAULT} unless set. One that people cannot choose themselves.`,
      )
      .exactOptional(),
    roleClaim: text
      .describe('Their groups or roles there: a text or a list. Absent: everybody is a viewer.')
      .exactOptional(),
    roles: z
      .record(text, z.enum(roles))
      .refine((value) => Object.keys(value).length <= ROLES_MAX, { error: `more than ${ROLES_MAX} groups` })
      .describe('From such a text to the role here; the highest counts, viewer where none fits.')
      .exactOptional(),
  })
  .describe('A service that vouches for people, by OpenID Connect.')

export const login = z
  .strictObject({ openId: openId.exactOptional() })
  .describe(
    'How people log in to "redrive serve --operators", beside tokens.',
  ) satisfies z.ZodType<LoginConfig>
