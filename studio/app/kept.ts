/** Small settings that the browser remembers, if it lets a page keep any. */

export function kept(name: string): string | undefined {
  try {
    return localStorage.getItem(`regard ${name}`) ?? undefined
  } catch {
    return undefined
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`regard ${name}`, value)
  } catch {
    // Everything still works in a browser that keeps nothing.
  }
}
