/** What a run's network answered, face by face: `predictions.csv`. */

import { type Source, textOf } from './source.ts'

export interface Answer {
  readonly face: string
  /** The kind of photos: `r` or `i`. */
  readonly on: string
  /** Indices of classes: the label, and the network's answer. */
  readonly truth: number
  readonly predicted: number
  /** The probability of the answer, 0 to 1. */
  readonly probability: number
}

export interface Answers {
  readonly classes: readonly string[]
  readonly answers: readonly Answer[]
}

export async function answersOf(source: Source, run: string): Promise<Answers> {
  const [{ parse }, text] = await Promise.all([
    import('csv-parse/browser/esm/sync'),
    textOf(source, `runs/${run}/predictions.csv`),
  ])
  const rows = parse(text, { columns: true }) as Record<string, string>[]
  const classes = Object.keys(rows[0] ?? {}).flatMap((name) => (name.startsWith('p ') ? [name.slice(2)] : []))
  const answers = rows.map((row): Answer => {
    const predicted = row.predicted!
    return {
      face: row.face!,
      on: row.tested_on!,
      truth: classes.indexOf(row.true!),
      predicted: classes.indexOf(predicted),
      probability: Number(row[`p ${predicted}`]),
    }
  })
  return { classes, answers }
}

/** The names of a run's classes, in the order of their indices. */
export async function classesOf(source: Source, run: string): Promise<string[]> {
  const [head = ''] = (await textOf(source, `runs/${run}/predictions.csv`)).split(/\r?\n/, 1)
  return head.split(',').flatMap((name) => (name.startsWith('p ') ? [name.slice(2)] : []))
}
