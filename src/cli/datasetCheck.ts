import { join } from 'node:path'
import { Command } from 'commander'
import { UsageError } from '../base/errors.ts'
import { requireWritableFolder } from '../base/files.ts'
import { Progress } from '../base/progress.ts'
import { type Checked, checkDataset } from '../datasets/check/check.ts'
import type { Finding, Severity } from '../datasets/check/finding.ts'
import { readMarks } from '../datasets/check/marks.ts'
import { foldsShown } from '../datasets/check/page.ts'
import { type Settled, settle } from '../datasets/check/settle.ts'
import { markedInWords, recordOf, writeCheck } from '../datasets/check/write.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { type ReaderOptions, readDataset } from '../datasets/readers.ts'
import { DATA, REPAIR, requireUse, type Source, sourceFrom, tellSkipped } from './data.ts'
import { countFrom } from './numbers.ts'
import { untilStopped } from './signal.ts'

interface Flags extends ReaderOptions {
  readonly folds?: number
  readonly seed: string
  readonly finder: boolean
  readonly out?: string
  readonly strict?: true
  readonly json?: true
}

/** How many cases of a finding the summary names. */
const NAMED = 3

/** `regard dataset check KIND:PATH`: what may silently ruin a study. */
export function checkCommand(): Command {
  return new Command('check')
    .description(
      'Find what silently ruins a study: the same picture or person in two folds, wrong labels, useless photos.',
    )
    .argument('<kind:path>', DATA, sourceFrom)
    .option(
      '--folds <n>',
      'how many folds the study divides the faces into (default: the published folds, or 5)',
      countFrom,
    )
    .option('--seed <text>', 'the seed that decides which fold a face is in', '1')
    .option('--no-finder', 'do not look for faces in the photos; several times faster')
    .option('--out <dir>', 'the folder for the page and the tables (default: out/check-KIND)')
    .option('--strict', 'exit with 1 if something serious is found')
    .option('--json', 'print the findings as JSON in place of the summary')
    .option(...REPAIR)
    .addHelpText(
      'after',
      '\nExample:\n  $ regard dataset check aaf:faces --out out/check\n\n' +
        'Pairs that you marked in `regard studio` (marks.csv in DIR) are respected: pairs marked as different are no longer\n' +
        'listed; for pairs marked as the same, leave-out.csv names the photos that a plan should leave out by `without`.\n\n' +
        'If photos or rows cannot be used, they are listed and the exit code is 3. Other findings do not change it,\n' +
        'unless you give --strict.',
    )
    .action(check)
}

async function check(source: Source, flags: Flags): Promise<void> {
  requireUse([source], flags)
  const out = flags.out ?? join('out', `check-${source.kind}`)
  requireWritableFolder(out)
  const marks = readMarks(out)
  const settled = settle(await readDataset(source.kind, source.root, flags), marks)
  const { dataset } = settled
  const checked = await untilStopped((signal) => checkWithProgress(settled, flags, signal))
  const page = await writeCheck(out, settled, checked)
  if (flags.json) console.log(JSON.stringify(recordOf(dataset, checked, out), undefined, 2))
  else {
    const marked = markedInWords(settled)
    console.log(
      [...summary(dataset, checked), ...marked.flatMap((line) => ['', line]), '', `Page: ${page}`].join('\n'),
    )
  }
  tellSkipped(checked.skipped)
  const isSerious = checked.findings.some(({ severity, cases }) => severity === 'serious' && cases.length > 0)
  if (flags.strict && isSerious) process.exitCode = 1
}

async function checkWithProgress(
  { dataset, different }: Settled,
  { folds, seed, finder }: Flags,
  signal: AbortSignal,
): Promise<Checked> {
  const published = new Set(dataset.faces.map(({ fold }) => fold))
  if (folds !== undefined && !published.has(undefined) && published.size !== folds) {
    throw new UsageError(
      `${dataset.kind} has ${published.size} folds of its own, not ${folds}`,
      undefined,
      'Leave --folds out',
    )
  }
  const lines = new Map<string, Progress>()
  let line: Progress | undefined
  try {
    return await checkDataset(dataset, {
      folds: folds ?? 5,
      seed,
      find: finder,
      different,
      signal,
      progress(stage, done, total) {
        if (!lines.has(stage)) {
          line?.finish()
          line = new Progress(stage === 'looking' ? 'Looking at photos' : 'Comparing pictures', total)
          lines.set(stage, line)
        }
        line!.update(done, `${done} of ${total}`)
      },
    })
  } finally {
    line?.finish()
  }
}

function summary(dataset: Dataset, checked: Checked): string[] {
  const people = new Set(dataset.faces.map(({ subject }) => subject)).size
  const made = checked.findings.filter(({ cases }) => cases.length > 0)
  const passed = checked.findings.filter(({ cases }) => cases.length === 0)
  const severities: readonly Severity[] = [...new Set(made.map(({ severity }) => severity))]
  return [
    `${dataset.kind}: ${dataset.root}`,
    `  ${dataset.faces.length} faces of ${people} people, ${foldsShown(checked)}`,
    ...severities.flatMap((severity) => [
      '',
      `${severity}:`,
      ...made.filter((one) => one.severity === severity).flatMap((one) => lines(one, dataset)),
    ]),
    ...(passed.length === 0
      ? []
      : ['', `${passed.length} of ${checked.findings.length} checks found nothing; the page lists them`]),
  ]
}

function lines({ title, advice, cases }: Finding, { faces }: Dataset): string[] {
  const named = cases.slice(0, NAMED).map(({ faces: indices, detail }) => {
    const ids = indices.map((index) => faces[index]!.id).join(' and ')
    return `         ${ids}${ids && ': '}${detail}`
  })
  const more = cases.length - named.length
  return [
    `  ${String(cases.length).padStart(5)}  ${title}. ${advice}`,
    ...named,
    ...(more > 0 ? [`         … and ${more} more`] : []),
  ]
}
