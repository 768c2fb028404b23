/** Some faces of every class, to look at. */

import sharp from 'sharp'
import { UserError } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import type { Watch } from '../base/watch.ts'
import type { Alignment } from '../faces/align.ts'
import type { Image } from '../pictures/image.ts'
import { readPhoto } from '../pictures/node.ts'
import { alignFaces } from './alignFaces.ts'
import { type Dataset, type Face, labelOf, type Skipped } from './dataset.ts'
import type { SheetPart } from './sheet.ts'
import { CLASSES, type Task } from './task.ts'

/** Which faces are drawn, and how. */
export interface SampleOptions extends Watch {
  readonly tasks: readonly Task[]
  /** How many of each class, or fewer where it has fewer. */
  readonly perClass: number
  /** How they are aligned; `photo`: not at all. */
  readonly as: Alignment | 'photo'
  /** The side of the pictures, in pixels. */
  readonly side: number
  /** The same seed gives the same faces. */
  readonly seed: string | number
}

/**
 * Draw some faces of every class of some tasks. Ages in years are grouped by decade; decades without a face are left
 * out.
 *
 * @returns the pictures, and the faces that could not be used
 * @throws the signal's reason, when that stops it
 */
export async function samples(
  dataset: Dataset,
  { tasks, perClass, as, side, seed, signal, progress }: SampleOptions,
): Promise<{ readonly parts: readonly SheetPart[]; readonly skipped: readonly Skipped[] }> {
  const drawn = tasks.map((task) => ({
    task,
    classes: classesOf(dataset.faces, task).map(({ name, members }) => ({
      name,
      count: members.length,
      faces: new Random(`show ${seed} ${task} ${name}`).shuffle(members).slice(0, perClass),
    })),
  }))
  const skipped: Skipped[] = []
  const pictures = new Map<Face, Image>()
  const wanted = [...new Set(drawn.flatMap(({ classes }) => classes.flatMap(({ faces }) => faces)))]
  let at = 0
  for await (const picture of as === 'photo' ? photos(wanted, side) : aligned(wanted, as, side)) {
    signal?.throwIfAborted()
    const face = wanted[at++]!
    if (typeof picture === 'string') skipped.push({ face: face.id, reason: picture })
    else pictures.set(face, picture)
    progress?.(at, wanted.length)
  }
  const parts = drawn.map(({ task, classes }) => ({
    title: task,
    rows: classes.map(({ name, count, faces }) => ({
      name,
      remark: `${count} ${count === 1 ? 'face' : 'faces'}`,
      pictures: faces.flatMap((face) => pictures.get(face) ?? []),
    })),
  }))
  return { parts, skipped }
}

function classesOf(faces: readonly Face[], task: Task): { name: string; members: Face[] }[] {
  const classes = CLASSES[task].map((name, label) => ({
    name,
    members: faces.filter((face) => labelOf(face, task) === label),
  }))
  if (task !== 'years') return classes
  const decades = classes.flatMap((_, age) => {
    if (age % 10 > 0) return []
    const part = classes.slice(age, age + 10)
    return [
      {
        name: part.length > 1 ? `${age}–${age + 9}` : `${age}`,
        members: part.flatMap(({ members }) => members),
      },
    ]
  })
  return decades.filter(({ members }) => members.length > 0)
}

async function* aligned(faces: readonly Face[], as: Alignment, side: number): AsyncGenerator<Image | string> {
  for await (const result of alignFaces(faces, as, side)) {
    yield typeof result === 'string' ? result : { width: side, height: side, data: result.picture! }
  }
}

async function* photos(faces: readonly Face[], side: number): AsyncGenerator<Image | string> {
  for (const { photo } of faces) {
    try {
      const { width, height, data } = await readPhoto(photo)
      const contained = await sharp(data, { raw: { width, height, channels: 3 } })
        .resize(side, side, { fit: 'contain', background: 'white' })
        .raw()
        .toBuffer()
      yield { width: side, height: side, data: contained }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      yield error.message
    }
  }
}
