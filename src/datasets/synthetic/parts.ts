/**
 * The parts of a drawn picture. A mask picture holds, at each pixel, the index in this list of the part that is
 * seen there.
 */
export const PARTS = [
  'background',
  'clothes',
  'neck',
  'hair',
  'ears',
  'forehead',
  'around_eyes',
  'brows',
  'eyes',
  'nose',
  'cheeks',
  'mouth',
  'jaw',
  'glasses',
  /** A badge that can be planted to show a gender: see `planting.ts`. */
  'mark',
] as const

/** One part of a drawn picture. */
export type Part = (typeof PARTS)[number]
