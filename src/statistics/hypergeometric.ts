/**
 * How likely it is that, of `drawn` items drawn from `all` without replacement, at least `found` are among the
 * `marked`: Fisher's exact test, one-sided, of whether a group has more of something than chance would bring (Fisher,
 * *The logic of inductive inference*, 1935).
 *
 * @param found 0 to min(drawn, marked)
 * @returns P(X ≥ found), 0 to 1
 */
export function atLeast(found: number, drawn: number, marked: number, all: number): number {
  const least = Math.max(0, drawn + marked - all)
  const most = Math.min(drawn, marked)
  if (found <= least) return 1
  // Each probability follows from the one before it; logarithms neither overflow nor underflow.
  const logs = [0]
  for (let x = least; x < most; x++)
    logs.push(
      logs.at(-1)! + Math.log(((marked - x) * (drawn - x)) / ((x + 1) * (all - marked - drawn + x + 1))),
    )
  const top = Math.max(...logs)
  const weights = logs.map((log) => Math.exp(log - top))
  const sum = (from: number) => weights.slice(from).reduceRight((total, weight) => total + weight, 0)
  return Math.min(1, sum(found - least) / sum(0))
}
