import { dirname, relative } from 'node:path'
import { Command } from 'commander'
import { requireWritable, writeAtomic } from '../base/files.ts'
import { countClasses } from '../datasets/classes.ts'
import type { Dataset, Face } from '../datasets/dataset.ts'
import { type ReaderOptions, readDataset } from '../datasets/readers.ts'
import { CLASSES, type Task } from '../datasets/task.ts'
import { DATA, REPAIR, requireUse, type Source, sourceFrom, tellSkipped } from './data.ts'
import { inColumns } from './table.ts'

interface Flags extends ReaderOptions {
  readonly json?: string
}

/** `regard dataset info KIND:PATH`: what a reader finds, without looking at the photos. */
export function infoCommand(): Command {
  return new Command('info')
    .description(
      'Summarise a data set: faces, people, classes, licence and citation, and what was left out and why.',
    )
    .argument('<kind:path>', DATA, sourceFrom)
    .option(...REPAIR)
    .option('--json <file>', 'also write the summary to this file')
    .addHelpText(
      'after',
      '\nExample:\n  $ regard dataset info adience:AdienceBenchmark --json adience.json\n\n' +
        'Photos are not opened. If rows are faulty, they are listed and the exit code is 3.',
    )
    .action(info)
}

async function info(source: Source, flags: Flags): Promise<void> {
  requireUse([source], flags)
  if (flags.json !== undefined) requireWritable(flags.json)
  const dataset = await readDataset(source.kind, source.root, flags)
  const summary = summaryOf(dataset)
  console.log(linesOf(summary).join('\n'))
  if (flags.json) {
    // Named relative to the file, so that it reveals nobody's home folder.
    const root = relative(dirname(flags.json), summary.root) || '.'
    writeAtomic(flags.json, `${JSON.stringify({ ...summary, root }, undefined, 2)}\n`)
  }
  tellSkipped(dataset.skipped)
}

/** What `--json` writes. */
interface Summary extends Omit<Dataset, 'faces'> {
  readonly faces: number
  readonly subjects: number
  /** For each task, the number of faces of each class. */
  readonly classes: Readonly<Record<Task, readonly number[]>>
  /** How many faces are in each fold, where the publishers have dealt them. */
  readonly folds?: readonly number[]
}

function summaryOf({ faces, ...rest }: Dataset): Summary {
  const all = [...faces.keys()]
  const folds = foldsOf(faces)
  return {
    ...rest,
    faces: faces.length,
    subjects: new Set(faces.map(({ subject }) => subject)).size,
    classes: {
      age: countClasses(faces, all, 'age'),
      gender: countClasses(faces, all, 'gender'),
      years: countClasses(faces, all, 'years'),
    },
    ...(folds.length > 0 ? { folds } : {}),
  }
}

function foldsOf(faces: readonly Face[]): number[] {
  const counts: number[] = []
  for (const { fold } of faces) if (fold !== undefined) counts[fold] = (counts[fold] ?? 0) + 1
  return Array.from(counts, (count) => count ?? 0)
}

function linesOf({ kind, root, read, faces, subjects, classes, folds, ...rest }: Summary): string[] {
  const { licence, citation, dropped, remarks } = rest
  const ages = classes.years.flatMap((count, years) => (count > 0 ? [years] : []))
  return [
    `${kind}: ${root}`,
    `  ${faces} ${faces === 1 ? 'face' : 'faces'} of ${subjects} ${subjects === 1 ? 'person' : 'people'}, from ${read} rows or photos`,
    `  licence: ${licence}`,
    `  citation: ${citation}`,
    ...table('age', CLASSES.age, classes.age),
    ...table('gender', CLASSES.gender, classes.gender),
    ...(ages.length === 0
      ? []
      : ['', `years: ${sum(classes.years)} faces of ${ages[0]} to ${ages.at(-1)} years`]),
    ...table('folds, as published', [...(folds ?? []).keys()].map(String), folds ?? []),
    ...counted('left out', dropped),
    ...counted('kept, but', remarks),
  ]
}

function table(title: string, names: readonly string[], counts: readonly number[]): string[] {
  if (sum(counts) === 0) return []
  return ['', `${title}: ${sum(counts)} faces`, ...inColumns([names, counts.map(String)])]
}

function counted(title: string, counts: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(counts).map(([reason, count]) => [String(count), reason])
  return rows.length === 0 ? [] : ['', `${title}:`, ...inColumns(rows)]
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
