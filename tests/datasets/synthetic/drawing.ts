import { Random } from '../../../src/base/random.ts'
import { drawPerson, type Person } from '../../../src/datasets/synthetic/person.ts'
import { drawShot, type Shot } from '../../../src/datasets/synthetic/shot.ts'
import type { Gender } from '../../../src/datasets/task.ts'

/** A person and a photo of theirs, from a seed. The same seed with other labels is the same face but for its cues. */
export function sitting(seed: number, age: number, gender: Gender): { person: Person; shot: Shot } {
  const random = new Random(`test ${seed}`)
  return { person: drawPerson(random, age, gender), shot: drawShot(random) }
}
