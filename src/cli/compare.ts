import { join } from 'node:path'
import { Command } from 'commander'
import { csv } from '../base/csv.ts'
import { UsageError, UserError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import type { Dataset, Face } from '../datasets/dataset.ts'
import { askingOf } from '../evaluation/asking.ts'
import { type Comparison, compare, disagreements, withoutContrast } from '../evaluation/compare.ts'
import { compareSettings, type SettingsDifference } from '../evaluation/compareSettings.ts'
import type { ExplainedFaces } from '../evaluation/explainedFaces.ts'
import type { Mean } from '../evaluation/profile.ts'
import { INCOMPARABLE, NO_CONTRAST, withoutEmpty, writeComparePage } from '../report/comparePage.ts'
import { points, pText } from '../report/words.ts'
import { nameOfData, tellSkipped } from './data.ts'
import { MODEL } from './model.ts'
import {
  type Explainable,
  explainOver,
  facesFor,
  KEPT,
  keyOfExplained,
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
        '  $ regard compare random=a1.onnx,a2.onnx,a3.onnx imagenet=b1.onnx,b2.onnx,b3.onnx --data utkface:faces\n' +
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
  requireDifferent(sides, networks, dataset, flags)
  const faces = commonFaces(networks, dataset, flags)
  const found = await untilStopped(async (signal) => {
    const explained: ExplainedFaces[] = []
    for (const network of networks)
      explained.push(await explainOver(network, dataset, flags, { faces, signal }))
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
        if (rather.size === 0 || network.model.kind === 'number') return undefined
        const asking = askingOf(network, dataset.faces, { rather })
        if (!faces.some((face) => asking.asks(face))) return undefined
        const label = `Explaining ${network.name} rather than ${name}`
        return explainOver(network, dataset, flags, { faces, rather, signal, label })
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

/**
 * The faces that all networks can be compared on. A fold is dealt by the seed that a network was trained with, so
 * networks of different seeds have other faces in it.
 *
 * @throws UserError where there is none
 */
function commonFaces(
  networks: readonly Explainable[],
  dataset: Dataset,
  flags: OverFacesFlags,
): readonly Face[] {
  const own = networks.map((network) => facesFor(network, dataset, flags))
  const ids = own.map((faces) => new Set(faces.map(({ id }) => id)))
  const common = own[0]!.filter(({ id }) => ids.every((others) => others.has(id)))
  const most = Math.max(...own.map(({ length }) => length))
  if (common.length === 0) {
    throw new UserError(
      'the networks have no face in common: each one’s fold is dealt by the seed that it was trained with',
      dataset.root,
      'Leave out --fold and compare them on faces that none has seen, such as those of another data set',
    )
  }
  if (common.length < most) {
    console.error(
      `Compared on the ${common.length} faces that are in the fold of every network; each fold has up to ${most}, dealt by the network’s own seed`,
    )
  }
  return common
}

/** @throws UsageError where a setting has one network twice, or two settings have one name */
function requireDifferent(
  sides: readonly Side[],
  networks: readonly Explainable[],
  dataset: Dataset,
  flags: OverFacesFlags,
): void {
  const names = sides.flatMap(({ name }) => name ?? [])
  const twice = names.find((name, k) => names.indexOf(name) < k)
  if (twice !== undefined) throw new UsageError(`two settings are called ${twice}`)
  let at = 0
  for (const { name, paths } of sides) {
    const keys = new Map<string, string>()
    for (const [k, path] of paths.entries()) {
      const key = paths.length > 1 ? keyOfExplained(networks[at + k]!, dataset, flags, {}) : ''
      const other = keys.get(key)
      if (other !== undefined) {
        throw new UsageError(
          `${other} and ${path} are the same network, which would count as two trainings`,
          name,
          'Name each training once',
        )
      }
      keys.set(key, path)
    }
    at += paths.length
  }
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
  incomparable,
  correlation,
  overlap,
  empty,
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
    incomparable
      ? `  maps: ${INCOMPARABLE[incomparable]}`
      : `  maps: rank correlation ${correlation.mean.toFixed(2)}, ${percent(overlap)} of the most relevant tenth in common${withoutEmpty(empty)}`,
    ...withoutContrast({ a, b, agreement, contrasts }).map(
      (network) => `  where they disagree, for ${network}’s answer: unknown, since ${NO_CONTRAST}`,
    ),
    ...contrasts.map(
      ({ network, faces: count, parts: own }) =>
        `  where they disagree, for ${network}’s answer (${count} ${count === 1 ? 'face' : 'faces'}): ${told(own.map(({ part, net, p }) => ({ part, value: net.mean, p })))}`,
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
  if (people === 0)
    return `\n${a} against ${b}, where they look: for no face do all of them have a map with parts, in which something speaks for the answer`
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
