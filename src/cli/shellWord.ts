/** A path or another word as a shell takes it. */
export function shellWord(path: string): string {
  return /[^\w./:@+-]/.test(path) ? JSON.stringify(path) : path
}
