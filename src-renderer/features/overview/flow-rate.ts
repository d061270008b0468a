const MINUTE_SEC = 60
/** From here on a fraction of a message says nothing. */
const WHOLE_FROM = 10

/** So many in so many seconds, as a number a minute. */
export function perMinute(count: number, overSec: number): number {
  const rate = (count * MINUTE_SEC) / overSec
  return rate >= WHOLE_FROM ? Math.round(rate) : Math.round(rate * 10) / 10
}
