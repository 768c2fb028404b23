/** A path or another word, quoted for a shell. */
export function shellWord(path: string): string {
  return /[^\w./:@+-]/.test(path) ? JSON.stringify(path) : path
}
