/** Figures in words, the same on pages and on the screen. */

/** A difference of shares in points, with its sign. */
export function points(difference: number): string {
  return `${difference < 0 ? '−' : '+'}${Math.abs(100 * difference).toFixed(1)}`
}

/** A p-value: `0.012`, `< 0.001`. */
export function pText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}
