/** How often a classifier is right, from its answers and the data set's labels. */

/** Number of faces by true class (row) and predicted class (column). */
export type Confusion = readonly (readonly number[])[]

/** How many of n faces are answered right. */
export interface Accuracy {
  readonly n: number
  readonly correct: number
  /** correct / n, 0 to 1; NaN where n is 0. */
  readonly accuracy: number
}

/** The class with the highest score; the first of them in a tie. */
export function topClass(scores: ArrayLike<number>): number {
  let top = 0
  for (let k = 1; k < scores.length; k++) if (scores[k]! > scores[top]!) top = k
  return top
}

/**
 * Count the answers.
 *
 * @param predicted class indices, one for each face
 * @param labels what the data set says, in the same order
 * @param classes how many classes there are
 */
export function confusionOf(
  predicted: readonly number[],
  labels: readonly number[],
  classes: number,
): number[][] {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  checkedPairs(predicted, labels).forEach(([guess, truth]) => {
    confusion[truth]![guess]!++
  })
  return confusion
}

/** How many answers are right. */
export function accuracyOf(confusion: Confusion): Accuracy {
  return within(confusion, 0)
}

/** How many answers are right or in an adjacent class; meaningful only where classes are ordered, like those of age. */
export function oneOffOf(confusion: Confusion): Accuracy {
  return within(confusion, 1)
}

/**
 * How many answers are right in each group of faces.
 *
 * @param groups the groups that each face belongs to, in the order of the faces; any number of groups for each face
 * @returns the groups in the order in which they first appear
 */
export function accuracyByGroup(
  predicted: readonly number[],
  labels: readonly number[],
  groups: readonly (readonly string[])[],
): Map<string, Accuracy> {
  const shares = new Map<string, Accuracy>()
  checkedPairs(predicted, labels).forEach(([guess, truth], k) => {
    for (const group of groups[k]!) {
      const { n, correct } = shares.get(group) ?? { n: 0, correct: 0 }
      shares.set(group, share(correct + (guess === truth ? 1 : 0), n + 1))
    }
  })
  return shares
}

function within(confusion: Confusion, distance: number): Accuracy {
  let n = 0
  let correct = 0
  confusion.forEach((row, truth) => {
    row.forEach((count, guess) => {
      n += count
      if (Math.abs(truth - guess) <= distance) correct += count
    })
  })
  return share(correct, n)
}

function share(correct: number, n: number): Accuracy {
  return { n, correct, accuracy: correct / n }
}

function checkedPairs(predicted: readonly number[], labels: readonly number[]): [number, number][] {
  if (predicted.length !== labels.length) {
    throw new Error(`${predicted.length} answers do not fit ${labels.length} labels`)
  }
  return predicted.map((guess, k) => [guess, labels[k]!])
}
