/** What must hold in every run, whatever goes wrong. Design sections 4 and 5. */
export const properties = [
  'nothing acknowledged is lost',
  'nothing unexpected appears',
  'duplicates only where an outcome was unknown',
  'an attempt is counted before its publish',
  'a chain goes out in sequence',
  'only what has to wait is parked',
  'ramp and brake are kept',
  'a job that stands publishes nothing',
  'attempts end at the limit',
  'a sweep takes what nobody holds',
  'every item ends',
  'the journal is intact',
  'intent first',
  'read-only until unlocked',
  'unknown stays unknown until somebody decides',
  'only what never went out is given back',
  'what can be delivered ends delivered',
  'nothing hangs',
  'no surprise error',
] as const
export type Property = (typeof properties)[number]

export interface Violation {
  readonly property: Property
  readonly what: string
}
