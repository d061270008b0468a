/** Lets the person choose one file. Nothing happens where they choose none. */
export function chooseFile(accept: string, take: (files: readonly File[]) => void): void {
  const input = document.createElement('input')
  input.type = 'file'
  input.accept = accept
  input.addEventListener('change', () => take([...(input.files ?? [])]), { once: true })
  input.click()
}
