import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { UserError } from '../base/errors.ts'
import { requireWritableFolder, writeAtomic } from '../base/files.ts'
import { printable } from '../base/printable.ts'
import { Progress } from '../base/progress.ts'
import { type MarkedPhoto, markPhotos } from '../datasets/markPhotos.ts'
import { photoFiles } from '../datasets/photoFiles.ts'
import { type FoundFace, isMarked } from '../faces/face.ts'
import { landmarks49, landmarks68 } from '../faces/meshLandmarks.ts'
import type { Point } from '../pictures/image.ts'
import { tellLeft, tellSkipped, withoutPath } from './data.ts'
import { untilStopped } from './signal.ts'

/** Up to this many photos are listed one by one; beyond that, only those without exactly one face. */
const MOST_LISTED = 20

/** `regard faces PHOTO…` */
export function facesCommand(): Command {
  return new Command('faces')
    .description('Find the faces in photos, and draw them with their landmarks.')
    .argument('<photo...>', 'photos, or folders of photos')
    .option('--out <dir>', 'the folder to write to', join('out', 'faces'))
    .addHelpText(
      'after',
      "\nFor each photo, writes NAME.png, with the faces drawn on it, and NAME.json: each face's box, how sure the\n" +
        'detector and the mesh network are, its 49 and 68 landmarks, and the 468 points of the mesh. NAME.txt holds the 49\n' +
        'landmarks of the main face, as `regard align` and `regard explain` take them.\n' +
        '\nExamples:\n  $ regard faces party.jpg\n  $ regard faces photos --out out/faces\n',
    )
    .action(markAll)
}

async function markAll(paths: string[], { out }: { out: string }): Promise<void> {
  const { photos, skipped: folders, left } = photoFiles(paths, out)
  tellLeft(left)
  requireWritableFolder(out)
  const skipped = folders.map(({ face, reason }) => withoutPath(face, reason))
  const inputs = new Set(photos.map(({ path }) => resolve(path)))
  const lines: string[] = []
  const counts = { photos: 0, faces: 0, without: 0 }
  const progress = new Progress('Finding faces', photos.length)
  let done = 0
  await untilStopped(async (signal) => {
    for await (const marked of markPhotos(photos.map(({ path }) => path))) {
      signal.throwIfAborted()
      const { path, name } = photos[done]!
      progress.update(++done, `${done} of ${photos.length}`)
      if (typeof marked === 'string') {
        skipped.push(withoutPath(path, marked))
        continue
      }
      write(join(out, name), path, marked, inputs)
      counts.photos++
      counts.faces += marked.faces.length
      if (marked.faces.length === 0) counts.without++
      if (photos.length <= MOST_LISTED || marked.faces.length !== 1)
        lines.push(`${printable(path)}: ${inWords(marked)}`)
    }
  }).finally(() => progress.finish())
  for (const line of lines.slice(0, MOST_LISTED)) console.log(line)
  if (lines.length > MOST_LISTED)
    console.log(`… and ${lines.length - MOST_LISTED} more photos without exactly one face`)
  const without = counts.without > 0 ? `, ${counts.without} without a face` : ''
  const where = counts.photos > 0 ? ` → ${out}` : ''
  console.log(`faces: ${counts.faces}, photos: ${counts.photos}${without}${where}`)
  tellSkipped(skipped)
}

function write(stem: string, photo: string, marked: MarkedPhoto, inputs: ReadonlySet<string>): void {
  const { size, faces, main, drawing } = marked
  const picture = `${stem}.png`
  if (inputs.has(resolve(picture))) {
    throw new UserError('the output would overwrite a photo', picture, 'Choose another folder with --out')
  }
  writeAtomic(picture, drawing)
  const record = { photo, ...size, main: main ?? null, faces: faces.map(recordOf) }
  writeAtomic(`${stem}.json`, `${JSON.stringify(record)}\n`)
  const of = main === undefined ? undefined : faces[main]
  if (!of || !isMarked(of)) return
  const text = landmarks49(of.mesh).map(({ x, y }) => `${rounded(x)} ${rounded(y)}\n`)
  writeAtomic(`${stem}.txt`, text.join(''))
}

/** A face as in NAME.json. Where the mesh network did not recognise it, it has no points. */
function recordOf(face: FoundFace) {
  const list = (points: readonly Point[]) => points.map(({ x, y }) => [rounded(x), rounded(y)])
  const { left, top, width, height } = face.box
  const box = { left: rounded(left), top: rounded(top), width: rounded(width), height: rounded(height) }
  const found = { box, score: face.score, presence: face.presence }
  if (!isMarked(face)) return found
  const { mesh } = face
  return {
    ...found,
    landmarks49: list(landmarks49(mesh)),
    landmarks68: list(landmarks68(mesh)),
    mesh: list(mesh),
  }
}

/** Rounded to hundredths of a pixel. */
function rounded(value: number): number {
  return Math.round(100 * value) / 100
}

function inWords({ faces }: MarkedPhoto): string {
  if (faces.length === 0) return 'no face'
  const each = faces.map((face) => {
    const { left, top, width, height } = face.box
    const place = `${width.toFixed()} × ${height.toFixed()} at (${left.toFixed()}, ${top.toFixed()})`
    return `${place}, score ${face.score.toFixed(2)}${isMarked(face) ? '' : ', landmarks not recognised'}`
  })
  return `${faces.length} ${faces.length === 1 ? 'face' : 'faces'}: ${each.join('; ')}`
}
