/** A zone that kept one offset for all the time that rows of an outbox can be of. */
const FROM_YEAR = 2000
const TO_YEAR = 2040

const known = new Map<string, string>()

/**
 * The zone as a server can be told it. Many servers have no table of zones, so one that has had one offset since 2000,
 * Asia/Shanghai say, is told by that. Any other goes by its name, and the server must know it.
 */
export function zoneForServer(name: string): string {
  const found = known.get(name) ?? fixedOffset(name) ?? name
  known.set(name, found)
  return found
}

function fixedOffset(zone: string): string | null {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
  } catch {
    return null
  }
  const offsets = new Set<string>()
  for (let year = FROM_YEAR; year < TO_YEAR; year += 1)
    for (let month = 0; month < 12; month += 1) {
      const parts = format.formatToParts(Date.UTC(year, month))
      offsets.add(parts.find(({ type }) => type === 'timeZoneName')?.value ?? '')
    }
  const [only] = offsets
  if (offsets.size !== 1 || only === undefined) return null
  return only === 'GMT' ? '+00:00' : only.replace('GMT', '').replace('\u2212', '-')
}
