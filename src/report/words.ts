/** Figures in words, as pages and the screen have them alike. */

/** A difference of shares in points, with its sign. */
export function points(difference: number): string {
  return `${difference < 0 ? '−' : '+'}${Math.abs(100 * difference).toFixed(1)}`
}

/** A p-value: `0.012`, `< 0.001`. */
export function pText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}
