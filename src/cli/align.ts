import { join, relative, resolve, sep } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type CsvRow, csv } from '../base/csv.ts'
import { UsageError, UserError } from '../base/errors.ts'
import { requireWritableFolder, writeAtomic } from '../base/files.ts'
import { printable } from '../base/printable.ts'
import { Progress } from '../base/progress.ts'
import { alignPhotos } from '../datasets/alignPhotos.ts'
import { type PhotoFile, photoFiles } from '../datasets/photoFiles.ts'
import { readLandmarks } from '../datasets/readLandmarks.ts'
import type { Alignment } from '../faces/align.ts'
import type { CutFace } from '../faces/cut.ts'
import { isSuspicious, type Stretch, stretchOf } from '../faces/stretch.ts'
import { writePicture } from '../pictures/node.ts'
import { tellLeft, tellSkipped, withoutPath } from './data.ts'
import { untilStopped } from './signal.ts'

/** How many suspicious alignments are named. */
const SHOWN = 20

interface Flags {
  readonly as: Alignment
  readonly size: number
  readonly landmarks?: string
  readonly all?: boolean
  readonly out: string
}

/** `regard align PHOTO…` */
export function alignCommand(): Command {
  return new Command('align')
    .description('Find the faces in photos and cut them out, upright and of one size.')
    .argument('<photo...>', 'photos, or folders of photos')
    .addOption(
      new Option(
        '--as <how>',
        'r: turn and scale until the eyes are level; i: also stretch to the reference face',
      )
        .choices(['r', 'i'])
        .default('r'),
    )
    .option('--size <pixels>', 'height and width of the pictures', sizeFrom, 256)
    .option('--all', 'cut out every face, as NAME.1.png and so on, surest first, not only the main one')
    .option(
      '--landmarks <file>',
      'a file with the 49 landmarks of the face, used instead of face detection (one photo only)',
    )
    .option('--out <dir>', 'the folder to write to', join('out', 'aligned'))
    .addHelpText(
      'after',
      '\nWrites NAME.png for each photo, and faces.csv: where each face was found, how sure the detector is, how far the\n' +
        'alignment stretched it, and the map from the picture to the photo. A photo of more than 65 megapixels is\n' +
        'refused; $REGARD_MAX_MEGAPIXELS sets another limit.\n' +
        '\nExamples:\n' +
        '  $ regard align face.jpg --as i --out out/aligned\n' +
        '  $ regard align photos --all --size 512\n',
    )
    .action(alignAll)
}

function sizeFrom(text: string): number {
  const size = Number(text)
  if (Number.isInteger(size) && size >= 16 && size <= 4096) return size
  throw new InvalidArgumentError('Give a whole number of pixels from 16 to 4096.')
}

async function alignAll(paths: string[], { as, size, landmarks, all = false, out }: Flags): Promise<void> {
  const { photos, skipped: folders, left } = photoFiles(paths, out)
  tellLeft(left)
  requireWritableFolder(out)
  if (landmarks && (photos.length !== 1 || all)) {
    throw new UsageError(
      '--landmarks is for one face in one photo: align photos with landmarks one at a time',
    )
  }
  const points = landmarks === undefined ? undefined : readLandmarks(landmarks)
  const jobs = photos.map(({ path }) => ({ photo: path, ...(points && { landmarks: points }) }))
  const inputs = new Set(photos.map(({ path }) => resolve(path)))
  const skipped = folders.map(({ face, reason }) => withoutPath(face, reason))
  const faces: Written[] = []
  const progress = new Progress('Aligning faces', photos.length)
  let done = 0
  await untilStopped(async (signal) => {
    for await (const { faces: cut, refused, broken } of alignPhotos(jobs, { as, size, all })) {
      signal.throwIfAborted()
      const photo = photos[done]!
      faces.push(...(await writeFaces(cut, photo, { all, out, inputs })))
      const reasons = broken === undefined ? refused : [broken]
      skipped.push(...reasons.map((reason) => withoutPath(photo.path, reason)))
      progress.update(++done, `${done} of ${photos.length}`)
    }
  }).finally(() => progress.finish())
  const table = join(out, 'faces.csv')
  if (faces.length > 0) writeAtomic(table, csv(faces.map((face) => rowOf(face, out))))
  console.log(summary(faces, photos.length, as, table))
  tellSuspicious(faces, table)
  tellSkipped(skipped)
}

/** A face whose picture was written. */
interface Written {
  readonly path: string
  readonly photo: string
  readonly face: CutFace
  readonly stretch: Stretch
}

async function writeFaces(
  faces: readonly CutFace[],
  { path: photo, name }: PhotoFile,
  { all, out, inputs }: { all: boolean; out: string; inputs: ReadonlySet<string> },
): Promise<Written[]> {
  const written: Written[] = []
  for (const [k, face] of faces.entries()) {
    const path = join(out, `${name}${all ? `.${k + 1}` : ''}.png`)
    if (inputs.has(resolve(path))) {
      throw new UserError('the output would overwrite a photo', path, 'Choose another folder with --out')
    }
    await writePicture(path, face.picture)
    written.push({ path, photo, face, stretch: stretchOf(face.map) })
  }
  return written
}

function rowOf({ path, photo, face: { map, found }, stretch }: Written, out: string): CsvRow {
  const picture = relative(out, path).split(sep).join('/')
  const { left, top, width, height } = found?.box ?? {}
  const { score, presence } = found ?? {}
  const numbers = { left, top, width, height, score, presence, ...stretch }
  const rounded = Object.entries(numbers).map(([name, value]) => [name, value?.toFixed(4) ?? ''])
  const [a, b, c, d, e, f] = map
  return { picture, photo, ...Object.fromEntries(rounded), a, b, c, d, e, f }
}

function summary(faces: readonly Written[], photos: number, as: Alignment, table: string): string {
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`
  const where = faces.length > 0 ? ` → ${table}` : ''
  return `${count(faces.length, 'face')} of ${count(photos, 'photo')} aligned as ${as}${where}`
}

/** Name the faces that were stretched far, for the user to check: they may not be faces, or have wrong landmarks. */
function tellSuspicious(faces: readonly Written[], table: string): void {
  const suspicious = faces.filter(({ stretch }) => isSuspicious(stretch))
  if (suspicious.length === 0) return
  suspicious.sort((a, b) => b.stretch.ratio - a.stretch.ratio)
  console.error(`\n${suspicious.length} of them were strongly stretched; look at these, worst first`)
  for (const { path, stretch } of suspicious.slice(0, SHOWN))
    console.error(`  ${printable(path)}: ${inWords(stretch)}`)
  if (suspicious.length > SHOWN) console.error(`  … and ${suspicious.length - SHOWN} more: see ${table}`)
}

function inWords({ ratio, elongation, shear }: Stretch): string {
  if (elongation < 0) return 'mirrored'
  const taller =
    elongation >= 1 ? `${elongation.toFixed(2)} times taller` : `${(1 / elongation).toFixed(2)} times wider`
  return `stretched ${ratio.toFixed(2)} times (${taller}, leaning by ${shear.toFixed(2)})`
}
