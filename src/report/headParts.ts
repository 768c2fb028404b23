/**
 * The parts of a face by where they lie, as the paper speaks of them. Parts of drawn faces and of photos have the same names.
 * The cheeks are one part, so their lower half cannot be told from the upper one; most of them lies below the bridge of
 * the nose.
 */

import type { ExplainedFace } from '../evaluation/explainedFaces.ts'

/** “Hair line and eyes”; glasses lie on the eyes. */
export const UPPER: readonly string[] = ['hair', 'forehead', 'around_eyes', 'brows', 'eyes', 'glasses']

/** “The bottom half of the face”. */
export const LOWER: readonly string[] = ['cheeks', 'mouth', 'jaw']

/** What is not part of the head. */
const OUTSIDE: readonly string[] = ['background', 'clothes', 'neck']

/** The parts of the head: the face with hair and ears. */
export function headParts(parts: readonly string[]): string[] {
  return parts.filter((part) => !OUTSIDE.includes(part))
}

/**
 * The share of some parts of a face in all that speaks for the class.
 *
 * @param parts the names of the face's parts, in their order
 * @returns 0 to 1; undefined where the parts are unknown, or nothing speaks for the class
 */
export function shareOn(
  face: Pick<ExplainedFace, 'parts'>,
  parts: readonly string[],
  wanted: readonly string[],
): number | undefined {
  if (face.parts === null) return undefined
  let [own, all] = [0, 0]
  for (const [k, { positive }] of face.parts.entries()) {
    all += positive
    if (wanted.includes(parts[k]!)) own += positive
  }
  return all === 0 ? undefined : own / all
}
