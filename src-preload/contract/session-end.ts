/** With this code a host closes the line of somebody whose session ended. */
export const SESSION_OVER = 4401
/** What `/session` of a host that people log in to answers to who has none. */
export const NO_SESSION = 403
