/** What a browser remembers: small settings, and only where it lets a page keep any. */

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
    // A browser that keeps nothing still does what is asked.
  }
}
