/**
 * A person: labels, the cues that show them, and looks that reveal nothing about them.
 *
 * Every person takes the same number of draws whatever the labels, so two people from the same random state with
 * different labels differ only in that task's cues. The tests rely on this.
 */

import type { Random } from '../../base/random.ts'
import type { Colour } from '../../pictures/image.ts'
import type { Gender } from '../task.ts'
import { mix, ramp } from './colour.ts'
import { CUE_NAMES, CUES, type CueName, type DrawnTask, type OnlyCues } from './cues.ts'
import type { Part } from './parts.ts'

export interface Person {
  /** The index of the age group, 0 to 7. */
  readonly age: number
  /** An age in years inside the group. It is drawn last and shown nowhere. */
  readonly years: number
  readonly gender: Gender
  /** Each cue's value, 0 to 1. */
  readonly cues: Readonly<Record<CueName, number>>
  /** For each task the parts whose cues this person has: where the label shows in the picture, and nowhere else. */
  readonly carriers: Readonly<Record<DrawnTask, readonly Part[]>>
  readonly looks: Looks
}

/**
 * What makes a person an individual, drawn in the same way for every age and gender. Lengths are in units of the head.
 */
interface Looks {
  readonly skin: Colour
  readonly hair: Colour
  readonly iris: Colour
  /** Half the width of the face at the temples. */
  readonly faceWidth: number
  /** The distance from the middle of the face to the middle of an eye. */
  readonly eyeX: number
  readonly browY: number
  readonly noseWidth: number
  readonly mouthWidth: number
  readonly mouthY: number
  readonly earSize: number
  readonly hairVolume: number
  /** How much the hair line leans to one side, −1 to 1. */
  readonly parting: number
  /** How wavy the hair is, 0 to 1. */
  readonly wave: number
}

/** The ages in years of Adience's groups as its files write them, with an upper end for the oldest. */
export const ADIENCE_AGES: readonly (readonly [low: number, high: number])[] = [
  [0, 2],
  [4, 6],
  [8, 12],
  [15, 20],
  [25, 32],
  [38, 43],
  [48, 53],
  [60, 100],
]

const SKINS: readonly Colour[] = [
  [250, 224, 204],
  [240, 198, 164],
  [219, 166, 126],
  [186, 127, 86],
  [140, 89, 58],
  [92, 56, 38],
]
const HAIRS: readonly Colour[] = [
  [24, 20, 20],
  [44, 31, 25],
  [78, 50, 34],
  [116, 72, 42],
  [176, 134, 78],
  [148, 66, 36],
]
const IRISES: readonly Colour[] = [
  [62, 38, 22],
  [88, 58, 30],
  [96, 112, 62],
  [74, 112, 148],
  [98, 110, 118],
]

/**
 * Draw a person.
 *
 * @param age the index of the age group, 0 to 7
 * @param only for some tasks, the only cues: everybody has these, and nobody another one of the task
 */
export function drawPerson(random: Random, age: number, gender: Gender, only: OnlyCues = {}): Person {
  const looks = drawLooks(random)
  const classes: Record<DrawnTask, number> = { age, gender: gender === 'm' ? 0 : 1 }
  const carriers: Record<DrawnTask, Set<Part>> = { age: new Set(), gender: new Set() }
  const cues = {} as Record<CueName, number>
  for (const name of CUE_NAMES) {
    const { task, parts, levels, neutral, spread, presence } = CUES[name]
    const drawn = random.chance(presence)
    const present = only[task]?.includes(name) ?? drawn
    const value = (present ? levels[classes[task]]! : neutral) + spread * random.normal()
    cues[name] = Math.min(Math.max(value, 0), 1)
    if (present) for (const part of parts) carriers[task].add(part)
  }
  const [low, high] = ADIENCE_AGES[age]!
  const years = low + random.integer(Math.min(high, 90) - low + 1)
  return {
    age,
    years,
    gender,
    cues,
    carriers: { age: [...carriers.age], gender: [...carriers.gender] },
    looks,
  }
}

function drawLooks(random: Random): Looks {
  const tone = random.uniform()
  // Fair and red hair occur only with fair skin; the draw is made either way.
  const shade = random.integer(HAIRS.length)
  const hair = HAIRS[tone > 0.55 ? shade % 3 : shade]!
  const eyes = random.integer(IRISES.length)
  return {
    skin: mix(ramp(SKINS, tone), [226, 150, 130], random.uniform(0, 0.12)),
    hair: mix(hair, [90, 60, 40], random.uniform(0, 0.2)),
    iris: IRISES[tone > 0.55 ? eyes % 2 : eyes]!,
    faceWidth: random.uniform(51, 57),
    eyeX: random.uniform(25.5, 28.5),
    browY: random.uniform(-22, -19.5),
    noseWidth: random.uniform(-1.2, 1.8),
    mouthWidth: random.uniform(15, 20),
    mouthY: random.uniform(47, 49.5),
    earSize: random.uniform(0.8, 1.2),
    hairVolume: random.uniform(3, 11),
    parting: random.uniform(-1, 1),
    wave: random.uniform(),
  }
}
