/**
 * What to explain about an output: the network's own answer (`top`), a class by its index, what speaks for
 * one class rather than another (the difference of their logits), what speaks against a class (its logit with
 * the sign turned; the other side of a single-logit output), or any sum of the logits, each times its weight.
 */
export type Target =
  | 'top'
  | number
  | { readonly class: number; readonly minus: number }
  | { readonly against: number }
  | { readonly weights: readonly number[] }

/** How much each logit counts; all zeros for the network's own answer, which the graph itself finds. */
export function weightsOf(target: Target, classes: number): number[] {
  const weights = new Array<number>(classes).fill(0)
  const set = (index: number, value: number) => {
    if (!Number.isInteger(index) || index < 0 || index >= classes) {
      throw new Error(`there is no class ${index}: the network has 0 to ${classes - 1}`)
    }
    weights[index] = value
  }
  if (typeof target === 'object' && 'weights' in target) {
    for (const [k, weight] of target.weights.entries()) set(k, weight)
  } else if (typeof target === 'number') set(target, 1)
  else if (target !== 'top' && 'against' in target) set(target.against, -1)
  else if (target !== 'top') {
    if (target.class === target.minus) throw new Error(`class ${target.class} does not differ from itself`)
    set(target.class, 1)
    set(target.minus, -1)
  }
  return weights
}
