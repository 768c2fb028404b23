import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type CsvRow, csv } from '../base/csv.ts'
import { writeAtomic } from '../base/files.ts'
import { nearest } from '../base/nearest.ts'
import { Progress } from '../base/progress.ts'
import { type Dataset, type Face, labelOf } from '../datasets/dataset.ts'
import { PARTS } from '../datasets/synthetic/parts.ts'
import { nodeEngine } from '../engine/node.ts'
import type { Evaluable } from '../evaluation/evaluate.ts'
import { type MeasuredMaps, measureMaps, type Taken, taken, type Way } from '../evaluation/measure.ts'
import {
  anyOverControls,
  controlsInWords,
  doubtful,
  inOrder,
  isControl,
  isOverControls,
  type MeasureColumn,
  measureTable,
  refusals,
} from '../evaluation/measureTable.ts'
import { checkSanity, type SanityCheck, SHUFFLED, sanityInWords } from '../evaluation/sanityCheck.ts'
import { sampled } from '../evaluation/shownFaces.ts'
import { ORDERS } from '../explanation/measures/perturbation.ts'
import { MEASURES, type MeasureName } from '../explanation/measures.ts'
import { NAMED_METHODS, type NamedMethod } from '../explanation/methods.ts'
import { FACE_PARTS } from '../faces/parts.ts'
import { requirePreprocessing } from '../models/model.ts'
import { DEFAULT_NETWORK } from '../networks/builtIn/index.ts'
import { writeMeasurePage } from '../report/measurePage.ts'
import { defaultComposite } from '../rules/composites/default.ts'
import { type CompositeName, composites } from '../rules/composites/presets.ts'
import { nameOfData, tellSkipped } from './data.ts'
import { MODEL } from './model.ts'
import { countFrom } from './numbers.ts'
import { facesFor, networksOver, type OverFacesFlags, withDataSet } from './overFaces.ts'
import { aboutPeople } from './people.ts'
import { untilStopped } from './signal.ts'
import { inColumns } from './table.ts'

interface Flags extends OverFacesFlags {
  readonly faces: number
  readonly methods?: MethodName[]
  readonly measures?: MeasureName[]
  readonly parts?: string[]
  readonly fill: string[]
  readonly score: ('logits' | 'probabilities')[]
  readonly class: string
  readonly sanity?: boolean
}

/** Methods that run the network a thousand times for one map: only on request. */
const COSTLY: readonly MethodName[] = ['lime', 'kernel-shap', 'rise', 'prediction-difference']

/** Methods that take too many runs for a map to make forty of each face. */
const UNCHECKED: readonly MethodName[] = [...COSTLY, 'occlusion']

/** Methods that are useless, or the same as others, for a network without attention. */
const OF_ATTENTION: readonly MethodName[] = [
  'cplrp',
  'cplrp-gamma',
  'attention-rollout',
  'gradient-attention',
]

type MethodName = CompositeName | NamedMethod['method']

const METHOD_NAMES: readonly MethodName[] = [
  ...(Object.keys(composites) as CompositeName[]),
  ...NAMED_METHODS,
]

function wayOf(name: MethodName): Way {
  return name in composites ? composites[name as CompositeName] : ({ method: name } as NamedMethod)
}

/** The default measures: those that take no longer than the perturbation itself. */
const USUAL: readonly MeasureName[] = [
  'region-perturbation',
  'rank-accuracy',
  'mass-accuracy',
  'sparseness',
  'complexity',
  'random-logit',
  'completeness',
]

/** The measures that look at one map, not two. */
const MEASURE_NAMES = (Object.keys(MEASURES) as MeasureName[]).filter(
  (name) => MEASURES[name].needs !== 'maps',
)

const FILLS = ['constant', 'normal', 'uniform', 'blur', 'linear']

/** `regard measure [MODEL] --data KIND:PATH` */
export function measureCommand(): Command {
  const command = new Command('measure')
    .description(
      'Test whether to believe the maps, by comparing methods with each other and with controls that know nothing about the network.',
    )
    .argument('[model]', `${MODEL} (default: ${DEFAULT_NETWORK})`)
    .option('--faces <n>', 'how many faces to measure on, equally many of each class', countFrom, 24)
    .option(
      '--methods <list>',
      `the methods, separated by commas: ${METHOD_NAMES.join(', ')}; or all (default: all but ${COSTLY.join(', ')}, which run the network a thousand times for each map)`,
      listOf(METHOD_NAMES, 'method'),
    )
    .option(
      '--measures <list>',
      `the measures, separated by commas: ${MEASURE_NAMES.join(', ')}; or all (default: ${USUAL.join(', ')})`,
      listOf(MEASURE_NAMES, 'measure'),
    )
    .option(
      '--parts <list>',
      'the parts of the face on which relevance should lie (default: all but the background)',
      listOf([...new Set<string>([...FACE_PARTS, ...PARTS])], 'part'),
    )
    .option(
      '--fill <list>',
      `what replaces removed pixels: ${FILLS.join(', ')}; each gets a column`,
      listOf(FILLS, 'fill'),
      ['constant'],
    )
    .option(
      '--score <list>',
      'the score that measures with removed pixels watch: logits, probabilities; each gets a column',
      listOf(['logits', 'probabilities'], 'score'),
      ['logits'],
    )
    .addOption(
      new Option(
        '--class <which>',
        "what to explain: the network's own answer (top) or the data set's label (truth)",
      )
        .choices(['top', 'truth'])
        .default('top'),
    )
    .option(
      '--sanity',
      `also test whether maps differ from those of ${SHUFFLED} networks with shuffled weights, for every method but ${UNCHECKED.join(', ')}`,
    )
  return withDataSet(command, 'out/measure')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ regard measure --task gender --data utkface:faces\n' +
        '  $ regard measure model.onnx --data synthetic:drawn --parts eyes,brows --fill constant,blur\n' +
        '  $ regard measure model.onnx --data utkface:faces --methods paper,gradient,random,edges --sanity\n' +
        '\nMeasurements are kept in OUT/measured: after a stop, the same command continues from there.\n',
    )
    .action(run)
}

async function run(path: string | undefined, flags: Flags): Promise<void> {
  const { networks, dataset } = await networksOver([path ?? DEFAULT_NETWORK], flags)
  const [network] = networks as [(typeof networks)[number]]
  const hasAttention = defaultComposite(network.model.network).startsWith('attnlrp')
  const left = [...COSTLY, ...(hasAttention ? [] : OF_ATTENTION)]
  const methods = flags.methods ?? METHOD_NAMES.filter((method) => !left.includes(method))
  const { height, width } = requirePreprocessing(network.model).size
  const measures = takenFrom(flags, Math.min(height, width))
  const faces = sampled(
    facesFor(network, dataset, flags),
    flags.faces,
    (face) => labelOf(face, network.task === 'years' ? 'age' : network.task),
    'regard measure',
  )
  const drawn = faces.some(({ mask }) => mask !== undefined)
  const parts = flags.parts ?? (drawn ? PARTS : FACE_PARTS).filter((part) => part !== 'background')
  let progress: Progress | undefined
  const found = await untilStopped(async (signal) => {
    try {
      return await measureMaps(network, dataset, faces, {
        engine: await nodeEngine(flags),
        methods: new Map(methods.map((name) => [name, wayOf(name)])),
        taken: measures,
        parts,
        class: flags.class,
        folder: join(flags.out, 'measured'),
        signal,
        progress(done, total) {
          progress ??= new Progress(`Measuring ${network.name}`, total)
          progress.update(done, `${done} of ${total} maps`)
        },
      })
    } finally {
      progress?.finish()
    }
  })
  const fitting = methods.filter((method) => found.unfit.every((one) => one.method !== method))
  const columns = measureTable(found.rows, fitting, measures)
  console.log(tableOf(columns, fitting).join('\n'))
  for (const { method, reason } of found.unfit) console.log(`${method} does not fit this network: ${reason}`)
  for (const sentence of [...refusals(found.rows), ...doubts(columns)]) console.log(sentence)
  const sanity = flags.sanity ? await sanityOf(network, dataset, faces, fitting, flags) : undefined
  const { out } = flags
  const data = nameOfData(flags.data)
  const record = {
    model: network.model.path,
    data,
    task: network.task,
    faces: faces.map(({ id }) => id),
    parts,
    measures,
    methods: fitting,
    unfit: found.unfit,
    columns: columns.map(({ name, measure, better, means, overControls }) => ({
      name,
      measure,
      better,
      methods: Object.fromEntries(
        fitting.map((method) => [method, { ...means.get(method)!, overControls: overControls.get(method) }]),
      ),
    })),
    sanity: sanity && sanityRecord(sanity),
    skipped: found.skipped,
  }
  writeAtomic(join(out, 'measure.json'), `${JSON.stringify(record, undefined, 2)}\n`)
  writeAtomic(join(out, 'measure.csv'), csv(rowsOf(found, columns)))
  writeAtomic(join(out, 'curves.csv'), csv(curveRows(columns), CURVE_COLUMNS))
  await writeMeasurePage(
    out,
    { network: network.name, data, licence: dataset.licence, parts },
    found,
    columns,
    {
      methods: fitting,
      doubts: doubts(columns),
      sanity,
    },
  )
  console.log(`\nPage: ${join(out, 'index.html')}`)
  console.error(aboutPeople([{ task: network.task }]))
  tellSkipped(found.skipped)
}

/** Test the maps against those of shuffled networks, and print the result. */
async function sanityOf(
  network: Evaluable & { readonly name: string },
  dataset: Dataset,
  faces: readonly Face[],
  methods: readonly MethodName[],
  flags: Flags,
): Promise<SanityCheck> {
  const checked = methods.filter((method) => !UNCHECKED.includes(method))
  let progress: Progress | undefined
  const check = await untilStopped(async (signal) => {
    try {
      return await checkSanity(network, dataset, faces, {
        engine: await nodeEngine(flags),
        methods: new Map(checked.map((name) => [name, wayOf(name)])),
        class: flags.class,
        folder: join(flags.out, 'measured'),
        signal,
        progress(done, total) {
          progress ??= new Progress(`Shuffling the weights of ${network.name}`, total)
          progress.update(done, `${done} of ${total} maps`)
        },
      })
    } finally {
      progress?.finish()
    }
  })
  console.log('')
  for (const [method, test] of check.tests) console.log(sanityInWords(method, test))
  const left = methods.filter((method) => UNCHECKED.includes(method))
  if (left.length > 0)
    console.log(
      `Not compared with shuffled weights, because each map takes too many runs: ${left.join(', ')}.`,
    )
  return check
}

/** As in measure.json. */
function sanityRecord({ tests, faces }: SanityCheck) {
  const methods = [...tests].map(([method, { pOfFaces, ...test }]) => [
    method,
    { ...test, faces: Object.fromEntries(faces.map((face, k) => [face, pOfFaces[k]])) },
  ])
  return { networks: SHUFFLED, methods: Object.fromEntries(methods) }
}

/** The measures with their options: regions are a fourteenth of the picture's side, and go until 15 % of it are gone. */
function takenFrom({ measures = [...USUAL], fill, score }: Flags, side: number): Taken[] {
  const region = Math.max(1, Math.round(side / 14))
  return measures.flatMap((measure) => {
    // In maps whose parts cancel, signed parts may be many times their sum.
    if (measure === 'mass-accuracy') return [taken(measure, { absolute: true })]
    if (MEASURES[measure].needs !== 'scores') return [taken(measure)]
    const own = { steps: 30, ...(measure === 'region-perturbation' && { region }) }
    return fill.flatMap((each) => score.map((of) => taken(measure, { ...own, fill: each }, of)))
  })
}

function tableOf(columns: readonly MeasureColumn[], methods: readonly string[]): string[] {
  const [first] = columns
  const order = first ? inOrder(first, methods) : methods
  const rows = order.map((method) => [
    isControl(method) ? `${method} (control)` : method,
    ...columns.map((column) => cell(column, method)),
  ])
  return [
    ...columns.map(
      ({ name, better }, k) =>
        `${letter(k)}: ${name}${better === 'neither' ? '' : `, ${betterWords(better)}`}`,
    ),
    '',
    ...inColumns([['method', ...columns.map((_, k) => letter(k))], ...rows]),
    ...(anyOverControls(columns)
      ? ['', `* better than ${controlsInWords(columns)} (p < 0.05 by person, adjusted over the methods)`]
      : []),
  ]
}

/** A, B, C, … */
function letter(k: number): string {
  return String.fromCharCode(65 + k)
}

function betterWords(better: MeasureColumn['better']): string {
  return better === 'one' ? 'best near 1' : `${better} is better`
}

function cell(column: MeasureColumn, method: string): string {
  const { mean, interval } = column.means.get(method)!
  if (!Number.isFinite(mean)) return '–'
  const shown = (value: number) => value.toPrecision(3)
  const star = isOverControls(column, method) ? '*' : ''
  return `${shown(mean)}${star}${interval ? ` [${shown(interval.low)}, ${shown(interval.high)}]` : ''}`
}

/** The sentences about methods that are no better than the controls. */
function doubts(columns: readonly MeasureColumn[]): string[] {
  return columns.flatMap((column) => {
    const found = doubtful(column)
    if (found.length === 0) return []
    return [
      `By ${column.name}, these are not significantly better than ${controlsInWords([column])}: ${found.join(', ')}.`,
    ]
  })
}

/** A row for each method and measure. */
function rowsOf({ rows }: MeasuredMaps, columns: readonly MeasureColumn[]): CsvRow[] {
  return rows.flatMap(({ method, face, values }) =>
    columns.map(({ name, measure }) => ({ method, face, measure, with: name, value: values[name] ?? '' })),
  )
}

const CURVE_COLUMNS = ['measure', 'with', 'method', 'order', 'step', 'gone', 'score']

/** A row for each point of the mean curves; none where no measure removes pixels. */
function curveRows(columns: readonly MeasureColumn[]): CsvRow[] {
  return columns.flatMap(({ name, measure, curves }) =>
    [...curves].flatMap(([method, { gone, scores }]) =>
      ORDERS.flatMap((order) =>
        scores[order].map((score, step) => ({
          ...{ measure, with: name, method, order, step },
          gone: gone[order][step]!,
          score,
        })),
      ),
    ),
  )
}

/** The argument of a flag that takes names separated by commas. */
function listOf<Name extends string>(names: readonly Name[], what: string): (text: string) => Name[] {
  return (text) => {
    if (text === 'all') return [...names]
    const found = text.split(',').map((each) => each.trim())
    for (const each of found) {
      if (names.some((name) => name === each)) continue
      const near = nearest(each, names)
      throw new InvalidArgumentError(
        `There is no ${what} '${each}'. ${near ? `Did you mean ${near}?` : `There are ${names.join(', ')}.`}`,
      )
    }
    return [...new Set(found)] as Name[]
  }
}
