/** What the face finder says of the photos. It errs, too: what it doubts is to be looked at. */

import type { Box } from '../../faces/face.ts'
import type { Finding, Known } from './finding.ts'

/** How far landmarks may lie from those that were found, as a part of the distance between the eyes. */
const FAR = 0.25
/** A second face counts where its box is at least so many times as wide as the widest. */
const ANOTHER = 0.5

/** Photos without a face, photos with several, and landmarks that lie elsewhere than the face that was found. */
export function faces({ looks }: Known): Finding[] {
  const seen = looks.flatMap((look, index) =>
    typeof look !== 'string' && look.found ? [{ index, found: look.found, off: look.disagreement ?? 0 }] : [],
  )
  const several = seen
    .map(({ index, found }) => ({ index, count: large(found).length }))
    .filter(({ count }) => count > 1)
    .sort((a, b) => b.count - a.count)
  const far = seen.filter(({ off }) => off > FAR).sort((a, b) => b.off - a.off)
  return [
    {
      check: 'far-landmarks',
      severity: 'doubtful',
      title: 'landmarks that lie elsewhere than the face that was found',
      advice:
        'The face is cut out by its landmarks. See whether they are those of this photo, in pixels of the upright photo.',
      marked: true,
      cases: far.map(({ index, off }) => ({
        faces: [index],
        detail: `${Math.round(100 * off)} % of the distance between the eyes`,
      })),
    },
    {
      check: 'no-face',
      severity: 'doubtful',
      title: 'photos in which no face was found',
      advice: 'See whether there is one. Without landmarks, such a photo cannot be aligned.',
      cases: seen
        .filter(({ found }) => found.length === 0)
        .map(({ index }) => ({ faces: [index], detail: 'no face found' })),
    },
    {
      check: 'several-faces',
      severity: 'doubtful',
      title: 'photos with several faces',
      advice:
        'See whether the label is that of the face in the middle, which is taken where there are no landmarks.',
      marked: true,
      cases: several.map(({ index, count }) => ({ faces: [index], detail: `${count} faces` })),
    },
  ]
}

/** The faces that are not much smaller than the largest. */
function large(found: readonly Box[]): readonly Box[] {
  const widest = Math.max(...found.map(({ width }) => width))
  return found.filter(({ width }) => width >= ANOTHER * widest)
}
