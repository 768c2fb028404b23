import { join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { type CsvRow, csv } from '../base/csv.ts'
import { UserError } from '../base/errors.ts'
import { requireWritable, requireWritableFolder, writeAtomic } from '../base/files.ts'
import { printable } from '../base/printable.ts'
import { Progress } from '../base/progress.ts'
import type { Skipped } from '../datasets/dataset.ts'
import { labelFaces } from '../datasets/drawFaces.ts'
import { type PhotoFile, photoFiles } from '../datasets/photoFiles.ts'
import { nodeEngine } from '../engine/node.ts'
import {
  type AgeAnswer,
  type NumberAnswer,
  type PredictedFace,
  type PredictedPhoto,
  predict,
} from '../evaluation/predict.ts'
import { answerNames, nameOf } from '../models/answersAsked.ts'
import type { Model } from '../models/model.ts'
import { DEFAULT_NETWORK } from '../networks/builtIn/index.ts'
import { readPhoto } from '../pictures/node.ts'
import { requirePhotos, tellLeft, tellSkipped, withoutPath } from './data.ts'
import { type DeviceFlag, withDevice } from './device.ts'
import { answersFrom, MODEL, type ModelFlags, withModelFlags } from './model.ts'
import { aboutPeople } from './people.ts'
import { untilStopped } from './signal.ts'
import { inColumns } from './table.ts'

/** The most faces shown on the screen; the files have all. */
const MOST_SHOWN = 60
/** The most photos without a face that are named. */
const MOST_NAMED = 20

interface Flags extends ModelFlags, DeviceFlag {
  readonly model: string
  readonly csv?: string
  readonly json?: string
  readonly draw?: string
  readonly asIs?: boolean
}

/** `regard predict PHOTO|FOLDER…` */
export function predictCommand(): Command {
  const command = new Command('predict')
    .description('Predict age and gender for every face in photos, and how sure the network is.')
    .argument('<photo...>', 'photos, or folders of photos')
    .option('--model <model>', MODEL, DEFAULT_NETWORK)
    .option('--csv <file>', 'write a row for each face into this file')
    .option('--json <file>', 'write all photos, their faces and all probabilities into this file')
    .option('--draw <dir>', 'write each photo into this folder, with its faces marked')
    .option('--as-is', 'do not look for faces: each photo shows one face, already cut out')
  return withModelFlags(withDevice(command))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ regard predict party.jpg\n' +
        '  $ regard predict photos --csv faces.csv --draw out/drawn\n' +
        '  $ regard predict photos --model out/study/runs/age-googlenet-r-fold0/model.onnx\n',
    )
    .action(run)
}

async function run(paths: string[], flags: Flags): Promise<void> {
  const { photos, skipped: folders, left } = photoFiles(paths, flags.draw)
  tellLeft(left)
  requirePhotos(photos, folders)
  requireFree(flags, [...photos.map(({ path }) => path), flags.model])
  for (const file of [flags.csv, flags.json]) if (file !== undefined) requireWritable(file)
  if (flags.draw !== undefined) requireWritableFolder(flags.draw)
  const answers = await answersFrom(flags.model, flags)
  const progress = new Progress('Looking at photos', photos.length)
  const engine = await nodeEngine(flags)
  const started = performance.now()
  const predicted = await untilStopped((signal) =>
    predict(
      answers,
      photos.map(({ path }) => path),
      {
        engine,
        asIs: flags.asIs ?? false,
        signal,
        progress(done, total) {
          if (done < total && performance.now() - started > QUIET)
            progress.update(done, `${done} of ${total} photos`)
        },
      },
    ),
  ).finally(() => progress.finish())
  const [model] = answers as [Model, ...Model[]]
  const names = answerNames(answers)
  const rows = predicted.flatMap(({ photo, faces }) =>
    faces.map((face, k) => ({ photo, face, k, of: faces.length })),
  )
  if (rows.length > 0) console.log(inColumns(tableOf(rows, answers, names)).join('\n'))
  if (rows.length > MOST_SHOWN) {
    const more = rows.length - MOST_SHOWN
    console.log(`… and ${more} more${flags.csv || flags.json ? '' : ': --csv FILE has them all'}`)
  }
  const readable = predicted.filter(({ broken }) => broken === undefined)
  if (readable.length > 0) console.log(summary(readable, model.path))
  const sentence = aboutPeople(answers)
  if (rows.length > 0 && sentence) console.log(sentence)
  if (flags.csv) writeAtomic(flags.csv, csvOf(rows, answers, names))
  if (flags.json)
    writeAtomic(flags.json, `${JSON.stringify({ network: model.path, answers: names, photos: predicted })}\n`)
  const undrawn = flags.draw ? await draw(photos, predicted, names, flags.draw) : []
  const broken = predicted.flatMap(({ photo, broken }) => (broken ? [withoutPath(photo, broken)] : []))
  tellSkipped([...folders, ...broken, ...undrawn])
}

/** @throws UserError where a result would overwrite a photo or the model */
function requireFree({ csv, json }: Flags, inputs: readonly string[]): void {
  const taken = new Set(inputs.map((path) => resolve(path)))
  for (const file of [csv, json]) {
    if (file !== undefined && taken.has(resolve(file)))
      throw new UserError('the output would overwrite an input', file, 'Choose another file')
  }
}

/** Milliseconds that may pass without a progress line. */
const QUIET = 1000

/** A face of a photo, one row of the table. */
interface Row {
  readonly photo: string
  readonly face: PredictedFace
  /** Its index among the photo's faces, from 0, and their number. */
  readonly k: number
  readonly of: number
}

type Said = PredictedFace['answers'][string]

function isAge(answer: Said): answer is AgeAnswer {
  return 'years' in answer
}

function isNumber(answer: Said): answer is NumberAnswer {
  return 'value' in answer
}

function tableOf(rows: readonly Row[], answers: readonly Model[], names: readonly string[]): string[][] {
  const found = rows.some(({ face }) => face.found)
  const head = names.flatMap((name, k) => {
    if (answers[k]!.task !== 'years') return [name, 'sure']
    return [name === 'years' ? 'age' : name, 'group']
  })
  return [
    ['photo', ...(found ? ['face', 'at'] : []), ...head],
    ...rows
      .slice(0, MOST_SHOWN)
      .map(({ photo, face, k, of }) => [
        photo,
        ...(found ? [of > 1 ? `${k + 1} of ${of}` : '', placeOf(face)] : []),
        ...names.flatMap((name) => cellsOf(face.answers[name]!)),
      ]),
  ]
}

function placeOf({ found }: PredictedFace): string {
  if (!found) return ''
  const { left, top, width, height } = found.box
  return `${width.toFixed()} × ${height.toFixed()} at (${left.toFixed()}, ${top.toFixed()})`
}

function cellsOf(answer: Said): [string, string] {
  if (isNumber(answer)) return [rounded(answer.value), '']
  if (!isAge(answer)) return [answer.class, `${(100 * answer.probability).toFixed(1)} %`]
  return [ageInWords(answer), answer.group]
}

function ageInWords({ years, deviation }: AgeAnswer): string {
  return `${years.toFixed(1)}${deviation === undefined ? '' : ` ± ${deviation.toFixed(1)}`}`
}

function summary(predicted: readonly PredictedPhoto[], model: string): string {
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`
  const faces = predicted.reduce((sum, { faces }) => sum + faces.length, 0)
  const without = predicted.filter(({ faces }) => faces.length === 0)
  const refused = predicted.flatMap(({ photo, refused, faces }) =>
    faces.length > 0 ? refused.map((reason) => `  ${printable(photo)}: ${reason}`) : [],
  )
  const named = without
    .slice(0, MOST_NAMED)
    .map(({ photo, refused }) => `  ${printable(photo)}: ${refused[0]}`)
  const more = without.length > MOST_NAMED ? [`  … and ${without.length - MOST_NAMED} more`] : []
  return [
    `${count(faces, 'face')} in ${count(predicted.length, 'photo')}, by ${model}`,
    ...(without.length > 0
      ? [`${count(without.length, 'photo')} without a usable face:`, ...named, ...more]
      : []),
    ...(refused.length > 0 ? ['Left out although the photo has other faces:', ...refused] : []),
  ].join('\n')
}

/** The columns of every network. */
const COLUMNS = ['photo', 'face', 'left', 'top', 'width', 'height', 'score', 'network']

/** The columns of each of a network's answers; of several that would be called alike, each has its output too. */
function columnsOf(answers: readonly Model[]): string[][] {
  const columns = answers.map((answer) => {
    const name = nameOf(answer)
    if (name === 'years') return ['age', 'age_deviation', 'age_group']
    if (answer.kind === 'number') return [name]
    // A column means the same for every network: an age group is not an age in years.
    const ofClass = name === 'age' ? 'age_group' : name
    return [ofClass, `${ofClass}_probability`]
  })
  const all = [...COLUMNS, ...columns.flat()]
  const isOnly = (column: string) => all.indexOf(column) === all.lastIndexOf(column)
  return columns.map((own, k) =>
    own.map((column) => (isOnly(column) ? column : `${column} (${answers[k]!.output})`)),
  )
}

function csvOf(rows: readonly Row[], answers: readonly Model[], names: readonly string[]): string {
  const columns = columnsOf(answers)
  const lines = rows.map(({ photo, face, k }): CsvRow => {
    const { left, top, width, height } = face.found?.box ?? {}
    const box = Object.entries({ left, top, width, height, score: face.found?.score })
    return {
      photo,
      face: k + 1,
      ...Object.fromEntries(box.map(([name, value]) => [name, rounded(value)])),
      ...Object.fromEntries(
        columns.flatMap((own, n) => {
          const fields = fieldsOf(face.answers[names[n]!]!)
          return own.map((column, at) => [column, fields[at]!])
        }),
      ),
      network: answers[0]!.path,
    }
  })
  return csv(lines, [...COLUMNS.slice(0, -1), ...columns.flat(), ...COLUMNS.slice(-1)])
}

/** What stands in the columns of an answer. */
function fieldsOf(answer: Said): string[] {
  if (isNumber(answer)) return [rounded(answer.value)]
  if (!isAge(answer)) return [answer.class, rounded(answer.probability)]
  const { years, deviation, group } = answer
  return [rounded(years), rounded(deviation), group]
}

function rounded(value: number | undefined): string {
  return value === undefined ? '' : String(Number(value.toFixed(4)))
}

/**
 * Draw every photo that has faces, with what is said of each beside its box.
 *
 * @returns the photos that could not be read again
 */
async function draw(
  photos: readonly PhotoFile[],
  predicted: readonly PredictedPhoto[],
  names: readonly string[],
  folder: string,
): Promise<Skipped[]> {
  const inputs = new Set(photos.map(({ path }) => resolve(path)))
  const progress = new Progress('Drawing', photos.length)
  const started = performance.now()
  const undrawn: Skipped[] = []
  let drawn = 0
  for (const [k, { faces }] of predicted.entries()) {
    if (performance.now() - started > QUIET) progress.update(k, `${k} of ${photos.length} photos`)
    const boxes = faces.flatMap(({ found, answers }) =>
      found ? [{ box: found.box, text: names.map((name) => inShort(answers[name]!)).join(', ') }] : [],
    )
    if (boxes.length === 0) continue
    const { path, name } = photos[k]!
    const file = join(folder, `${name}.png`)
    if (inputs.has(resolve(file)))
      throw new UserError('the output would overwrite a photo', file, 'Choose another folder with --draw')
    const photo = await readPhoto(path).catch((error) => error)
    if (photo instanceof UserError) undrawn.push(withoutPath(path, photo.message))
    else if (photo instanceof Error) throw photo
    else {
      writeAtomic(file, await labelFaces(photo, boxes))
      drawn++
    }
  }
  progress.finish()
  console.log(`${drawn} drawn → ${relative('.', folder) || folder}`)
  return undrawn
}

function inShort(answer: Said): string {
  if (isNumber(answer)) return rounded(answer.value)
  if (isAge(answer)) return answer.years.toFixed()
  return `${answer.class} ${(100 * answer.probability).toFixed()} %`
}
