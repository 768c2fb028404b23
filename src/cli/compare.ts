import { join } from 'node:path'
import { Command } from 'commander'
import { csv } from '../base/csv.ts'
import { UsageError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import { type Comparison, compare, disagreements } from '../evaluation/compare.ts'
import { compareSettings, type SettingsDifference } from '../evaluation/compareSettings.ts'
import type { ExplainedFaces } from '../evaluation/explainedFaces.ts'
import type { Mean } from '../evaluation/profile.ts'
import { writeComparePage } from '../report/comparePage.ts'
import { points, pText } from '../report/words.ts'
import { nameOfData, tellSkipped } from './data.ts'
import { MODEL } from './model.ts'
import {
  type Explainable,
  explainOver,
  KEPT,
  networksOver,
  type OverFacesFlags,
  withOverFaces,
} from './overFaces.ts'
import { aboutPeople } from './people.ts'
import { untilStopped } from './signal.ts'

/** `regard compare MODEL MODEL… --data KIND:PATH` */
export function compareCommand(): Command {
  const command = new Command('compare')
    .description(
      'Find the faces on which networks disagree, and why, and test whether training settings make networks look at different parts.',
    )
    .argument(
      '<model...>',
      `${MODEL}; give two or more. NAME=FILE,FILE,… groups the networks of one setting that was trained several times`,
    )
  return withOverFaces(command, 'out/compare')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ regard compare a/model.onnx b/model.onnx --data aaf:faces --fold 0/5\n' +
        '  $ regard compare random=a1.onnx,a2.onnx,a3.onnx imagenet=b1.onnx,b2.onnx,b3.onnx --data aaf:faces --fold 0/5\n' +
        KEPT,
    )
    .action(run)
}

/** What one argument names: a network, or a setting of several trainings. */
interface Side {
  readonly name: string | undefined
  readonly paths: readonly string[]
}

async function run(given: readonly string[], flags: OverFacesFlags): Promise<void> {
  const sides = given.map(sideFrom)
  if (sides.length < 2)
    throw new UsageError('there is only one network, and nothing to compare it with', undefined, 'Name two')
  const opened = await networksOver(
    sides.flatMap(({ paths }) => paths),
    flags,
  )
  const { networks, dataset } = opened
  const tasks = new Set(networks.map(({ task }) => (task === 'years' ? 'age' : task)))
  if (tasks.size > 1)
    throw new UsageError(
      `they answer different questions: ${[...tasks].join(' and ')}`,
      undefined,
      'Choose one with --task',
    )
  const found = await untilStopped(async (signal) => {
    const explained: ExplainedFaces[] = []
    for (const network of networks) explained.push(await explainOver(network, dataset, flags, { signal }))
    const comparisons: Comparison[] = []
    if (sides.every(({ paths }) => paths.length === 1)) {
      for (const [k, a] of networks.entries())
        for (const [n, b] of networks.entries())
          if (n > k) comparisons.push(await comparePair([a, b], [explained[k]!, explained[n]!], signal))
    }
    return { explained, comparisons }

    async function comparePair(
      [a, b]: readonly [Explainable, Explainable],
      [ofA, ofB]: readonly [ExplainedFaces, ExplainedFaces],
      signal: AbortSignal,
    ): Promise<Comparison> {
      const contrast = async (
        network: Explainable,
        own: ExplainedFaces,
        other: ExplainedFaces,
        name: string,
      ) => {
        const rather = disagreements(own, other)
        if (rather.size === 0) return undefined
        const label = `Explaining ${network.name} rather than ${name}`
        return explainOver(network, dataset, flags, { rather, signal, label })
      }
      return compare(
        { name: a.name, explained: ofA, contrast: await contrast(a, ofA, ofB, b.name) },
        { name: b.name, explained: ofB, contrast: await contrast(b, ofB, ofA, a.name) },
        frameOf(a) === frameOf(b),
      )
    }
  })
  const { explained, comparisons } = found
  const names = new Map(networks.map(({ name }, k) => [name, explained[k]!]))
  let at = 0
  const settings = sides.map(({ name, paths }) => {
    const own = networks.slice(at, at + paths.length)
    at += paths.length
    return { name: name ?? own[0]!.name, trainings: own.map((network) => names.get(network.name)!) }
  })
  const differences = settings.flatMap((a, k) => settings.slice(k + 1).map((b) => compareSettings(a, b)))
  for (const comparison of comparisons) console.log(inWords(comparison).join('\n'))
  for (const difference of differences) console.log(settingsInWords(difference))
  const data = nameOfData(flags.data)
  const { out } = flags
  const record = {
    data,
    networks: networks.map(({ name, model: { path: model }, by }) => ({ name, model, by })),
    comparisons,
    settings: differences,
  }
  writeAtomic(join(out, 'compare.json'), `${JSON.stringify(record, undefined, 2)}\n`)
  writeAtomic(join(out, 'compare.csv'), csv(rowsOf(comparisons, explained[0]!.classes), COLUMNS))
  await writeComparePage(out, names, comparisons, differences, { data, licence: dataset.licence })
  console.log(`\nPage: ${join(out, 'index.html')}`)
  console.error(aboutPeople(networks.map(({ task }) => ({ task }))))
  tellSkipped(explained.flatMap(({ skipped }) => skipped))
}

/** Read one argument: a file, or `NAME=FILE,FILE`. */
function sideFrom(text: string): Side {
  const equals = text.indexOf('=')
  if (equals < 1) return { name: undefined, paths: [text] }
  const paths = text.slice(equals + 1).split(',')
  if (paths.some((path) => path === ''))
    throw new UsageError(`'${text}' names no file`, undefined, 'Write a setting as NAME=FILE,FILE,…')
  return { name: text.slice(0, equals), paths }
}

/** How faces are cut out for a network, and which part of the picture it sees. */
function frameOf({ alignment, preprocessing: { size, picture } }: Explainable): string {
  return JSON.stringify([alignment, size.height / picture.height, size.width / picture.width])
}

function inWords({
  a,
  b,
  faces,
  people,
  agreement,
  accuracy,
  correlation,
  overlap,
  contrasts,
}: Comparison): string[] {
  const percent = ({ mean, interval }: Mean) =>
    `${(100 * mean).toFixed(1)} %${interval ? ` [${(100 * interval.low).toFixed(1)}, ${(100 * interval.high).toFixed(1)}]` : ''}`
  return [
    `\n${a} and ${b} on ${faces} faces of ${people} people:`,
    `  answer alike: ${percent(agreement)}`,
    ...(accuracy
      ? [
          `  right: ${a} ${percent(accuracy.a)}, ${b} ${percent(accuracy.b)} (difference: p ${pText(accuracy.p)})`,
        ]
      : []),
    Number.isNaN(correlation.mean)
      ? '  maps: faces are cut out differently for the two, so their maps cannot be compared pixel by pixel'
      : `  maps: rank correlation ${correlation.mean.toFixed(2)}, ${percent(overlap)} of the most relevant tenth in common`,
    ...contrasts.map(
      ({ network, parts: own }) =>
        `  where they disagree, for ${network}’s answer: ${told(own.map(({ part, net, p }) => ({ part, value: net.mean, p })))}`,
    ),
  ]
}

/** Parts with their differences, where these exceed chance, the largest first. */
function told(
  parts: readonly { readonly part: string; readonly value: number; readonly p: number }[],
): string {
  const found = parts
    .filter(({ p }) => p < 0.05)
    .sort((x, y) => Math.abs(y.value) - Math.abs(x.value))
    .map(({ part, value, p }) => `${part.replace('_', ' ')} ${points(value)} (p ${pText(p)})`)
  return found.length > 0 ? found.join(', ') : 'no part by more than chance would bring'
}

function settingsInWords({ a, b, trainings, people, ofSettings, parts }: SettingsDifference): string {
  if (people === 0) return `\n${a} against ${b}, where they look: no face has a map with parts by all of them`
  const what = told(parts.map(({ part, difference, p }) => ({ part, value: difference, p })))
  const scope = ofSettings
    ? `${trainings[0]} and ${trainings[1]} trainings, ${people} people`
    : `${people} people; with only ${Math.min(...trainings)} training${Math.min(...trainings) === 1 ? '' : 's'} a side, this describes these networks, not how they were trained`
  return `\n${a} against ${b}, where they look: ${what} (${scope})`
}

/** The columns of `compare.csv`: where only settings are compared, it has no rows. */
const COLUMNS = [
  ...['a', 'b', 'face', 'label', 'answer_a', 'answer_b', 'probability_a', 'probability_b'],
  ...['correlation', 'overlap'],
]

/** A row for each face and pair. */
function rowsOf(comparisons: readonly Comparison[], classes: readonly string[]) {
  return comparisons.flatMap(({ a, b, each }) =>
    each.map(({ face, truth, answers, probabilities, correlation, overlap }) => ({
      a,
      b,
      face,
      label: truth === null ? '' : classes[truth]!,
      answer_a: classes[answers[0]]!,
      answer_b: classes[answers[1]]!,
      probability_a: probabilities[0],
      probability_b: probabilities[1],
      correlation: Number.isNaN(correlation) ? '' : correlation,
      overlap: Number.isNaN(overlap) ? '' : overlap,
    })),
  )
}
