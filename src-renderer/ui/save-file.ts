/** Time that a browser may take to begin with a download before its content is let go. */
const RELEASE_MS = 30_000

/** Offers texts as one file to the browser's own download. */
export function saveFile({
  name,
  type,
  parts,
}: {
  name: string
  type: string
  parts: readonly string[]
}): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), RELEASE_MS)
}
