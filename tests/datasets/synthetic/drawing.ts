import { Random } from '../../../src/base/random.ts'
import { landmarksOf } from '../../../src/datasets/synthetic/landmarks.ts'
import { drawPerson, type Person } from '../../../src/datasets/synthetic/person.ts'
import { render } from '../../../src/datasets/synthetic/render.ts'
import { faceShapeOf } from '../../../src/datasets/synthetic/shape.ts'
import { drawShot, type Shot } from '../../../src/datasets/synthetic/shot.ts'
import type { Gender } from '../../../src/datasets/task.ts'
import type { Image, Point } from '../../../src/pictures/image.ts'

/**
 * A person and their photo, from a seed. The same seed with other labels gives the same face except for its cues.
 */
export function sitting(seed: number, age: number, gender: Gender): { person: Person; shot: Shot } {
  const random = new Random(`test ${seed}`)
  return { person: drawPerson(random, age, gender), shot: drawShot(random) }
}

/** A drawn photo of one face, and where its landmarks are. */
export async function drawnFace(): Promise<{ face: Image; landmarks: Point[] }> {
  const { person, shot } = sitting(3, 4, 'f')
  const { photo } = await render(person, shot)
  return { face: photo, landmarks: landmarksOf(faceShapeOf(person, shot), shot) }
}
