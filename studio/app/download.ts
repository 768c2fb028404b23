/** Save a file where the browser saves downloads. */
export function download(name: string, blob: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // Some browsers read the bytes only after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
