/**
 * What the parts of a face add to an answer, in words: `+4.1 from the forehead, −2 from around the eyes`.
 *
 * @param parts each part's share of the map, in the unit of the answer
 * @param count how many to name, the largest first
 */
export function partsInWords(parts: Readonly<Record<string, number>>, count = 2): string {
  const most = Object.entries(parts).sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
  return most
    .slice(0, count)
    .map(([part, amount]) => {
      const where = part === 'around_eyes' ? 'around the eyes' : `the ${part}`
      return `${amount < 0 ? '−' : '+'}${Number(Math.abs(amount).toPrecision(2))} from ${where}`
    })
    .join(', ')
}
