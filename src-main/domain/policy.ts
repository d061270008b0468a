/** Whoever may give a second yes. */
export interface Approver {
  /** `ed25519:` and the 32 bytes of the key in base64. */
  readonly publicKey: string
  /** Names that this person acts under, where they differ from the approver's own. */
  readonly operators?: readonly string[]
}

/** When a second person is needed. */
export interface ApprovalPolicy {
  /** Messages that may be acted on within an hour without one; 0: none. */
  readonly above: number
  /** Messages that sweeps may send within an hour, as nobody can approve what is not found yet. Absent: `above`. */
  readonly sweepsPerHour?: number
  /** How long an approval may be good for. Absent: APPROVAL_HOURS_MAX_DEFAULT. */
  readonly hoursMax?: number
  readonly approvers: Readonly<Record<string, Approver>>
}

/** Hard limits: no approval lifts them. Absent: none. */
export interface ActionLimits {
  /** Messages of one plan, one decision, one run of a sweep. */
  readonly perAction?: number
  /** Messages within an hour, of all that is sent or decided, sweeps included. */
  readonly perHour?: number
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof weekdays)[number]

/** When nothing is sent or decided. */
export interface ForbiddenHours {
  /** On which they begin; absent: every day. */
  readonly days?: readonly Weekday[]
  /** HH:MM. */
  readonly from: string
  /** HH:MM, exclusive; at or before `from`: on the day after. */
  readonly to: string
  /** As in the IANA database: Asia/Shanghai. */
  readonly timeZone: string
}

/** For how long a source may be unlocked at a time, in minutes, where its environment says nothing else. */
export const UNLOCK_MINUTES_MAX_DEFAULT = { development: 120, staging: 120, production: 60 } as const

export interface UnlockPolicy {
  /** Absent: UNLOCK_MINUTES_MAX_DEFAULT. */
  readonly minutesMax?: number
}

/** What holds for every source of an environment. Written in the workspace file only. */
export interface EnvironmentPolicy {
  /** Absent: one person may run any plan. */
  readonly approval?: ApprovalPolicy
  readonly limits?: ActionLimits
  readonly forbidden?: readonly ForbiddenHours[]
  readonly unlock?: UnlockPolicy
}

export const APPROVAL_HOURS_MAX_DEFAULT = 24

/** Named limits of what a policy may say. */
export const policyLimits = {
  above: { min: 0, max: 1_000_000 },
  perAction: { min: 1, max: 1_000_000 },
  perHour: { min: 1, max: 100_000_000 },
  forbidden: { max: 50 },
  unlockMinutes: { min: 1, max: 120 },
  sweepsPerHour: { min: 0, max: 100_000_000 },
  hoursMax: { min: 1, max: 720 },
  approvers: { min: 1, max: 100 },
  operators: { max: 20 },
  operatorChars: { max: 200 },
} as const

export function unlockMinutesMax(
  environment: keyof typeof UNLOCK_MINUTES_MAX_DEFAULT,
  policy: EnvironmentPolicy | undefined,
): number {
  return policy?.unlock?.minutesMax ?? UNLOCK_MINUTES_MAX_DEFAULT[environment]
}

/** Two names of one person: capitals and spaces around it make nobody another. */
export function sameName(one: string, other: string): boolean {
  return folded(one) === folded(other)
}

function folded(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase()
}

/** Whether the approver acts under this name. */
export function isPerson(name: string, { operators = [] }: Approver, operator: string): boolean {
  return [name, ...operators].some((own) => sameName(own, operator))
}
