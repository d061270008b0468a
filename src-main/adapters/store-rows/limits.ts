/** What one message's history shows at most. */
export const DEEDS_MAX = 1_000
/** Ids of one question about records. */
export const RECORD_IDS_MAX = 1_000
/** Thinning looks at whole stretches of samples, so it need not be done at every sample. */
export const THIN_EVERY_MS = 5 * 60_000
/** Why a service answered what it did, for a person. */
export const UPSTREAM_REASON_CHARS_MAX = 500
