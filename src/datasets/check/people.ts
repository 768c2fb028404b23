import type { CheckedDataset, Finding } from './finding.ts'

/** The same person in several folds, as can happen in published folds, but never in those of the fold maker. */
export function people({ dataset: { faces }, folds }: CheckedDataset): Finding {
  const of = new Map<string, number[]>()
  for (const [index, { subject }] of faces.entries()) {
    const known = of.get(subject)
    if (known) known.push(index)
    else of.set(subject, [index])
  }
  const cases = [...of].flatMap(([subject, indices]) => {
    const where = [...new Set(indices.map((index) => folds[index]!))].sort((a, b) => a - b)
    if (where.length === 1) return []
    // One face of each fold shows who it is.
    const shown = where.map((fold) => indices.find((index) => folds[index] === fold)!)
    return [{ faces: shown, detail: `${subject}: ${indices.length} faces in folds ${where.join(', ')}` }]
  })
  return {
    check: 'people-in-two-folds',
    severity: 'serious',
    title: 'the same person in two folds',
    advice: 'The network is tested on people whom it was trained on. Divide the folds by person.',
    cases,
  }
}
