/** Ends the session on the host, and leaves the console whether it answered or not: the page must not stay open. */
export async function logOut(): Promise<void> {
  await fetch('/logout', { method: 'POST' }).catch(() => undefined)
  window.location.assign('/login')
}
