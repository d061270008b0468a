/** Entries of the journal that refused logins may make within a minute; the rest is counted in the next one. */
export const REFUSALS_NOTED_MAX = 5
const MINUTE_MS = 60_000
/** Of several, none of whom the sum may be laid to. */
const SEVERAL = '*'

export interface RefusedLogin {
  readonly name: string
  readonly address: string
}

/** Keeps whoever tries a million names from filling the journal: nothing is left out, it is summed up. */
export function createRefusedLogins(
  nowMs: () => number,
  note: (login: RefusedLogin & { readonly times: number }) => void,
) {
  let windowMs = nowMs()
  let noted = 0
  let left: { readonly login: RefusedLogin; readonly times: number } | null = null

  const look = (): void => {
    if (Math.abs(nowMs() - windowMs) < MINUTE_MS) return
    windowMs = nowMs()
    noted = 0
    if (left !== null) tell(left.login, left.times)
    left = null
  }
  const tell = (login: RefusedLogin, times: number): void => {
    noted += 1
    note({ ...login, times })
  }
  return {
    add(login: RefusedLogin): void {
      look()
      if (noted < REFUSALS_NOTED_MAX) tell(login, 1)
      else left = { login: together(left?.login ?? login, login), times: (left?.times ?? 0) + 1 }
    },
    /** Called again and again, so that what was summed up does not wait for the next refusal. */
    look,
    /** What was summed up so far, before nobody looks any more. */
    close(): void {
      if (left !== null) tell(left.login, left.times)
      left = null
    },
  }
}

function together(one: RefusedLogin, other: RefusedLogin): RefusedLogin {
  return {
    name: one.name === other.name ? one.name : SEVERAL,
    address: one.address === other.address ? one.address : SEVERAL,
  }
}
