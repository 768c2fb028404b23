import { join } from 'node:path'
import { Command } from 'commander'
import { csv } from '../base/csv.ts'
import { UserError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import { Progress } from '../base/progress.ts'
import { type Atlas, atlasOf, LEAST } from '../evaluation/atlas.ts'
import type { ExplainedFaces } from '../evaluation/explainedFaces.ts'
import { DEFAULT_NETWORK } from '../networks/builtIn/index.ts'
import { writeAtlasPage } from '../report/atlasPage.ts'
import { decimal, excessInWords } from '../report/atlasWords.ts'
import { writeVirelay } from '../report/virelay.ts'
import { nameOfData, tellSkipped } from './data.ts'
import { MODEL } from './model.ts'
import {
  CLASS,
  explainOver,
  KEPT,
  keyOfExplained,
  networksOver,
  type OverFacesFlags,
  withOverFaces,
} from './overFaces.ts'
import { aboutPeople } from './people.ts'
import { untilStopped } from './signal.ts'
import { inColumns } from './table.ts'

interface Flags extends OverFacesFlags {
  readonly class: string
}

/** `regard atlas [MODEL] --data KIND:PATH` */
export function atlasCommand(): Command {
  const command = new Command('atlas')
    .description(
      'Find the faces in a data set that a network explains alike, class by class, and what sets each cluster apart from its class.',
    )
    .argument('[model]', `${MODEL} (default: ${DEFAULT_NETWORK})`)
    .option(...CLASS)
  return withOverFaces(command, 'out/atlas')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ regard atlas --task gender --data utkface:faces\n' +
        '  $ regard atlas runs/gender/model.onnx --data aaf:faces --fold 0/5 --class truth\n' +
        KEPT,
    )
    .action((model: string | undefined, flags: Flags) => run(model ?? DEFAULT_NETWORK, flags))
}

async function run(path: string, flags: Flags): Promise<void> {
  const { networks, dataset } = await networksOver([path], flags)
  const [network] = networks as [(typeof networks)[number]]
  const { name, by, model } = network
  const task = network.task === 'gender' ? 'gender' : 'age'
  const found = await untilStopped(async (signal) => {
    const explained = await explainOver(network, dataset, flags, { class: flags.class, signal })
    return { explained, atlas: await clustersOf(explained, task, signal) }
  })
  const { explained, atlas } = found
  requireClasses(atlas, dataset.root)
  const { out } = flags
  const data = nameOfData(flags.data)
  // Of all the faces in OUT/explained, those of this atlas.
  const key = keyOfExplained(network, dataset, flags, { class: flags.class })
  writeAtomic(join(out, 'atlas.csv'), csvOf(explained, atlas))
  writeAtomic(
    join(out, 'atlas.json'),
    `${JSON.stringify({ data, model: model.path, task: network.task, by, explained: key, ...recordOf(explained, atlas) }, undefined, 2)}\n`,
  )
  await writeVirelay(join(out, 'virelay'), explained, atlas, {
    network: name,
    data,
    by,
    isTruth: flags.class === 'truth',
  })
  await writeAtlasPage(out, explained, atlas, {
    network: name,
    data,
    licence: dataset.licence,
    by,
    classes: classesInWords(flags.class),
  })
  for (const line of linesOf(atlas)) console.log(line)
  console.log(`\nPage: ${join(out, 'index.html')}`)
  console.error(aboutPeople([{ task: network.task }]))
  tellSkipped(explained.skipped)
}

async function clustersOf(
  explained: ExplainedFaces,
  task: 'age' | 'gender',
  signal: AbortSignal,
): Promise<Atlas> {
  let progress: Progress | undefined
  try {
    return await atlasOf(explained, {
      task,
      signal,
      progress(done, total) {
        progress ??= new Progress('Comparing maps', total)
        progress.update(done)
      },
    })
  } finally {
    progress?.finish()
  }
}

/** @throws UserError where no class has enough faces for a graph of neighbours */
function requireClasses({ classes, left, blank }: Atlas, where: string): void {
  if (classes.length > 0) return
  if (left.length === 0)
    throw new UserError(`all of its ${blank} maps are empty`, where, 'Choose another --class or --composite')
  const counts = left.map(({ name, faces }) => `${name} ${faces}`).join(', ')
  const empty = blank > 0 ? `; ${blank} maps are empty` : ''
  throw new UserError(
    `no class has the ${LEAST} faces that clustering needs: ${counts}${empty}`,
    where,
    'Use more faces: raise --limit, or leave it out',
  )
}

function classesInWords(wanted: string): string {
  if (wanted === 'top') return 'the network’s own answers'
  return wanted === 'truth' ? 'the labels of the data set' : `one for all: what is explained is ${wanted}`
}

/** A row for each face that lies in a cluster. */
function csvOf({ faces, classes }: ExplainedFaces, atlas: Atlas): string {
  return csv(
    atlas.classes.flatMap(({ name, faces: own, cluster, plane }) =>
      own.map((k, place) => {
        const { face, answer, truth } = faces[k]!
        const [x, y] = plane[place]!
        return {
          face,
          class: name,
          cluster: cluster[place]!,
          x,
          y,
          answer: classes[answer]!,
          label: truth === null ? '' : classes[truth]!,
        }
      }),
    ),
  )
}

/** The content of `atlas.json`: faces by name, and the eigenvalues of the spectrum. */
function recordOf({ faces, skipped }: ExplainedFaces, { classes, left, blank, tests }: Atlas) {
  return {
    faces: faces.length,
    classes: classes.map(({ name, faces: own, neighbours, spectrum, gap, whole, clusters }) => ({
      name,
      faces: own.length,
      neighbours,
      eigenvalues: spectrum.values,
      gap,
      whole,
      clusters: clusters.map((cluster) => ({
        ...cluster,
        told: cluster.told.map(({ group }) => group),
        faces: cluster.faces.map((k) => faces[k]!.face),
      })),
    })),
    left,
    blank,
    tests,
    skipped,
  }
}

function linesOf({ classes, left, blank }: Atlas): string[] {
  return [
    ...classes.flatMap(({ name, faces, clusters, whole }) => [
      `\nclass ${name}, ${faces.length} faces${whole ? ': no clear clusters, only parts of one continuum' : ''}`,
      ...inColumns([
        ['cluster', 'faces', 'people', 'silhouette', 'more than chance would bring'],
        ...clusters.map(({ number, faces: own, people, silhouette, told }) => [
          String(number),
          String(own.length),
          String(people),
          decimal(silhouette),
          told.map(excessInWords).join('; ') || '–',
        ]),
      ]),
    ]),
    ...left.map(
      ({ name, faces }) =>
        `\nclass ${name} is left out: it has ${faces} faces, and clustering needs ${LEAST}`,
    ),
    ...(blank > 0 ? [`\n${blank} empty maps are left out`] : []),
  ]
}
