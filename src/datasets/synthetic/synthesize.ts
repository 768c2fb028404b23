/** Writes a synthetic data set: Adience's own layout, and the truth beside it. */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { messageOf, UserError } from '../../base/errors.ts'
import { abandonedOf, writeAtomic } from '../../base/files.ts'
import { align } from '../../faces/align.ts'
import type { Image, Point } from '../../pictures/image.ts'
import { drawCast, FOLDS, type Sitting } from './cast.ts'
import { inPhoto, PHOTO_SIZE } from './frame.ts'
import { landmarksOf } from './landmarks.ts'
import { ADIENCE_AGES } from './person.ts'
import { FEATURES, type Planting, requireSense } from './planting.ts'
import { render } from './render.ts'
import { faceShapeOf } from './shape.ts'

/** What a synthetic data set is made from. The same options give the same bytes. */
interface SynthesisOptions extends Planting {
  /** How many photos; of pairs, how many of these. */
  readonly count: number
  readonly seed: string | number
}

/** The last file to be written: where it exists, the set is complete. */
export const FACES_FILE = join('truth', 'faces.jsonl')

/** The first file to be written: what the set is made from. */
const SYNTHESIS_FILE = join('truth', 'synthesis.json')

/** Raise it when the same seed gives different pictures than before. */
const DRAWING = 1

const FOLD_HEADER =
  'user_id\toriginal_image\tface_id\tage\tgender\tx\ty\tdx\tdy\ttilt_ang\tfiducial_yaw_angle\tfiducial_score'

/** Enough to keep the image library's threads busy while this one aligns. */
const IN_FLIGHT = 6

/**
 * Write a synthetic data set into a folder. A folder that already holds the same set is left unchanged; a set that was
 * begun there is finished.
 *
 * @param root the folder; made if it is missing
 * @param progress called with how many photos of how many are done
 * @throws UserError where the planting makes no sense, or the folder holds anything else or cannot be written
 */
export async function synthesize(
  root: string,
  { count, seed, only, mark, pairs }: SynthesisOptions,
  progress: (done: number, total: number) => void = () => {},
): Promise<void> {
  const planting = { only, mark, pairs }
  requireSense(planting)
  // Options that are not planted are left out, so that a plain set's recipe stays what it was.
  const recipe = `${JSON.stringify({ count, seed: String(seed), drawing: DRAWING, ...planting })}\n`
  if (holds(root, recipe)) return
  writeAtomic(join(root, SYNTHESIS_FILE), recipe)

  const sittings = drawCast(count, seed, planting)
  // As in Adience, a person has one number.
  const people = new Map(
    [...new Set(sittings.map(({ subject }) => subject))].map((subject, k) => [subject, k + 1]),
  )
  for (const folder of foldersOf(root, sittings)) mkdirSync(folder, { recursive: true })
  let next = 0
  let done = 0
  const work = async () => {
    try {
      while (next < sittings.length) {
        const place = next++
        const sitting = sittings[place]!
        await writePhoto(root, sitting, people.get(sitting.subject)!)
        progress(++done, sittings.length)
      }
    } catch (error) {
      // The others do not begin a new photo.
      next = sittings.length
      throw error
    }
  }
  // If this fails, nothing is still being written.
  const ends = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, work))
  for (const end of ends) if (end.status === 'rejected') throw end.reason

  for (let fold = 0; fold < FOLDS; fold++) {
    const rows = sittings.flatMap((sitting) =>
      sitting.fold === fold ? [foldRow(sitting, people.get(sitting.subject)!)] : [],
    )
    writeAtomic(join(root, `fold_${fold}_data.txt`), `${[FOLD_HEADER, ...rows].join('\n')}\n`)
  }
  writeAtomic(
    join(root, FACES_FILE),
    sittings.map((sitting) => `${JSON.stringify(truthOf(sitting))}\n`).join(''),
  )
}

// True where the folder holds exactly this set, complete; false where it must be written.
function holds(root: string, recipe: string): boolean {
  const file = join(root, SYNTHESIS_FILE)
  if (existsSync(file)) {
    if (readFileSync(file, 'utf8') === recipe) return existsSync(join(root, FACES_FILE))
    throw new UserError(
      'holds other synthetic faces (with another count, seed, drawing version or planting)',
      root,
      'Choose another folder, or delete this one',
    )
  }
  if (!isUntouched(root, file)) {
    throw new UserError('holds something other than synthetic faces', root, 'Choose another folder')
  }
  return false
}

// True for an empty folder, and for one where writing the first file was interrupted: its folder and a part of it may
// exist.
function isUntouched(root: string, first: string): boolean {
  const truth = dirname(first)
  return holdsOnly(root, [truth]) && holdsOnly(truth, abandonedOf(first))
}

/** Whether a path is free, or a folder that holds nothing but these. */
function holdsOnly(folder: string, paths: readonly string[]): boolean {
  if (!existsSync(folder)) return true
  return (
    statSync(folder).isDirectory() && readdirSync(folder).every((name) => paths.includes(join(folder, name)))
  )
}

function foldersOf(root: string, sittings: readonly Sitting[]): Set<string> {
  const folders = sittings.flatMap(({ subject }) => [
    join(root, 'faces', subject),
    join(root, 'aligned', subject),
  ])
  return new Set([...folders, ...['photos', 'landmarks', 'masks'].map((name) => join(root, 'truth', name))])
}

async function writePhoto(
  root: string,
  { id, subject, person, shot, marked }: Sitting,
  faceId: number,
): Promise<void> {
  const { photo, mask } = await render(person, shot, marked)
  const landmarks = landmarksOf(faceShapeOf(person, shot), shot)
  const size = { width: PHOTO_SIZE, height: PHOTO_SIZE, channels: 1 } as const
  const image = `${id}.jpg`
  await Promise.all([
    jpeg(photo).then((bytes) => write(join(root, 'truth', 'photos', image), bytes)),
    sharp(mask, { raw: size })
      .toColourspace('b-w')
      .png()
      .toBuffer()
      .then((bytes) => write(join(root, 'truth', 'masks', `${id}.png`), bytes)),
    write(join(root, 'truth', 'landmarks', `${id}.txt`), landmarksText(landmarks)),
    jpeg(align(photo, landmarks, 'r')).then((bytes) =>
      write(join(root, 'faces', subject, `coarse_tilt_aligned_face.${faceId}.${image}`), bytes),
    ),
    jpeg(align(photo, landmarks, 'i')).then((bytes) =>
      write(join(root, 'aligned', subject, `landmark_aligned_face.${faceId}.${image}`), bytes),
    ),
  ])
}

function jpeg({ width, height, data }: Image): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 92 })
    .toBuffer()
}

function landmarksText(points: readonly Point[]): string {
  return points.map(({ x, y }) => `${x.toFixed(3)} ${y.toFixed(3)}\n`).join('')
}

// Not flushed to the disk one by one: the set counts as complete only when its last file exists.
async function write(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content)
  } catch (error) {
    throw new UserError(
      `could not be written (${messageOf(error)})`,
      path,
      `Make sure that ${dirname(path)} is writable and the disk is not full, then run the same command again`,
    )
  }
}

function foldRow({ id, subject, person, shot }: Sitting, faceId: number): string {
  const corners = [-1, 1].flatMap((side) =>
    [-60, 84].map((y) => inPhoto(shot, { x: side * person.looks.faceWidth, y })),
  )
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)]
  const [left, top] = [Math.round(Math.min(...xs)), Math.round(Math.min(...ys))]
  const [width, height] = [Math.round(Math.max(...xs)) - left, Math.round(Math.max(...ys)) - top]
  const [low, high] = ADIENCE_AGES[person.age]!
  const box = [left, top, width, height]
  const row = [
    subject,
    `${id}.jpg`,
    faceId,
    `(${low}, ${high})`,
    person.gender,
    ...box,
    Math.round(shot.tilt),
    0,
    100,
  ]
  return row.join('\t')
}

function truthOf({ id, subject, fold, person, shot, marked, pair }: Sitting): object {
  const { age, years, gender, carriers, cues, looks } = person
  return {
    id,
    subject,
    fold,
    age: years,
    age_group: age,
    gender,
    tilt: shot.tilt,
    carriers,
    cues,
    looks,
    shot,
    marked,
    pair: pair && { ...pair, parts: FEATURES[pair.feature].parts },
  }
}
