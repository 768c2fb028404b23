import { join } from 'node:path'
import { Command } from 'commander'
import { csv } from '../base/csv.ts'
import { writeAtomic } from '../base/files.ts'
import type { Task } from '../datasets/task.ts'
import type { ExplainedFaces } from '../evaluation/explainedFaces.ts'
import {
  type Difference,
  type GroupProfile,
  networkDifference,
  type Profile,
  profileOf,
} from '../evaluation/profile.ts'
import { DEFAULT_NETWORK } from '../networks/builtIn/index.ts'
import { writeProfilePage } from '../report/profilePage.ts'
import { profileRows } from '../report/profileRows.ts'
import { points, pText } from '../report/words.ts'
import { nameOfData, tellSkipped } from './data.ts'
import { MODEL } from './model.ts'
import { CLASS, explainOver, KEPT, networksOver, type OverFacesFlags, withOverFaces } from './overFaces.ts'
import { aboutPeople } from './people.ts'
import { untilStopped } from './signal.ts'
import { inColumns } from './table.ts'

interface Flags extends OverFacesFlags {
  readonly class: string
}

/** `regard profile [MODEL…] --data KIND:PATH` */
export function profileCommand(): Command {
  const command = new Command('profile')
    .description(
      'Measure what networks look at over a data set: how much of their relevance lies in each part of the face.',
    )
    .argument('[model...]', `${MODEL}; several are compared with each other (default: ${DEFAULT_NETWORK})`)
    .option(...CLASS)
  return withOverFaces(command, 'out/profile')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ regard profile --task gender --data utkface:faces\n' +
        '  $ regard profile a/model.onnx b/model.onnx --data aaf:faces --fold 0/5 --out out/a-and-b\n' +
        KEPT,
    )
    .action(run)
}

/** One network's figures, as in `profile.json`. */
interface NetworkRecord extends Profile {
  readonly model: string
  readonly task: Task
  readonly by: string
  readonly faces: number
  readonly warned: number
  readonly skipped: ExplainedFaces['skipped']
}

async function run(paths: readonly string[], flags: Flags): Promise<void> {
  const opened = await networksOver(paths.length > 0 ? paths : [DEFAULT_NETWORK], flags)
  const { networks, dataset } = opened
  const found = await untilStopped(async (signal) => {
    const all: ExplainedFaces[] = []
    for (const network of networks)
      all.push(await explainOver(network, dataset, flags, { class: flags.class, signal }))
    return all
  })
  const profiles = found.map((explained) => profileOf(explained))
  const names = networks.map(({ name }) => name)
  const across = found.flatMap((one, k) =>
    found.slice(k + 1).map((other, n) => networkDifference(names[k]!, one, names[k + 1 + n]!, other)),
  )
  for (const [k, profile] of profiles.entries()) console.log(tableOf(names[k]!, profile).join('\n'))
  for (const difference of across) console.log(inWords(difference))
  const records = profiles.map(
    (profile, k): NetworkRecord => ({
      model: networks[k]!.model.path,
      task: networks[k]!.task,
      by: networks[k]!.by,
      faces: found[k]!.faces.length,
      warned: found[k]!.faces.filter(({ warned }) => warned).length,
      ...profile,
      skipped: found[k]!.skipped,
    }),
  )
  const { out } = flags
  const data = nameOfData(flags.data)
  writeAtomic(join(out, 'profile.csv'), csvOf(names, profiles))
  writeAtomic(
    join(out, 'profile.json'),
    `${JSON.stringify({ data, networks: records, across }, undefined, 2)}\n`,
  )
  const profiled = networks.map(({ name, by }, k) => ({
    name,
    by,
    explained: found[k]!,
    profile: profiles[k]!,
  }))
  await writeProfilePage(out, profiled, across, { data, licence: dataset.licence })
  console.log(`\nPage: ${join(out, 'index.html')}`)
  console.error(aboutPeople(networks.map(({ task }) => ({ task }))))
  tellSkipped(found.flatMap(({ skipped }) => skipped))
}

/** How many answers have a column of their own on the screen. */
const MOST_COLUMNS = 3

function tableOf(name: string, { groups, differences, silent }: Profile): string[] {
  const all = groups[0]!
  const answers = groups.filter(({ group }) => group.startsWith('answer '))
  const columns = [all, ...(answers.length > 1 && answers.length <= MOST_COLUMNS ? answers : [])]
  const order = [...all.parts].sort((a, b) => b.positive.mean - a.positive.mean)
  const rows = order.map(({ part, area, perArea }) => [
    part.replace('_', ' '),
    percent(area),
    ...columns.map((group) => shareIn(group, part)),
    Number.isFinite(perArea.mean) ? perArea.mean.toFixed(2) : '–',
  ])
  const head = [
    'part',
    'of picture',
    ...columns.map(({ group, faces }) => `${group}, n ${faces}`),
    'per area',
  ]
  return [
    `\n${name}: shares of what speaks for the answer, % [95 % interval]`,
    ...inColumns([head, ...rows]),
    ...(silent === 0
      ? []
      : [`without ${silent} of ${all.faces} maps, in which nothing speaks for the answer`]),
    '',
    ...differences.map(inWords),
  ]
}

function shareIn({ parts }: GroupProfile, wanted: string): string {
  const { mean, interval } = parts.find(({ part }) => part === wanted)!.positive
  return interval ? `${percent(mean)} [${percent(interval.low)}, ${percent(interval.high)}]` : percent(mean)
}

/** `–` where no map of the group says it. */
function percent(share: number): string {
  return Number.isFinite(share) ? (100 * share).toFixed(1) : '–'
}

function inWords({ a, b, people, parts }: Difference): string {
  if (people.includes(0)) return `${a} against ${b}: no faces to compare have a map with parts`
  const told = parts
    .filter(({ p }) => p < 0.05)
    .sort((x, y) => Math.abs(y.difference) - Math.abs(x.difference))
    .map(({ part, difference, p }) => `${part.replace('_', ' ')} ${points(difference)} (p ${pText(p)})`)
  const what = told.length > 0 ? told.join(', ') : 'no part differs by more than chance would bring'
  return `${a} against ${b}: ${what}`
}

/** A row for each network, group and part. */
function csvOf(names: readonly string[], profiles: readonly Profile[]): string {
  return csv(profiles.flatMap((profile, k) => profileRows({ network: names[k]! }, profile)))
}
