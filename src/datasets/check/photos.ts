import { isSuspicious } from '../../faces/stretch.ts'
import type { Case, CheckedDataset, Finding } from './finding.ts'

/** A face cut out of fewer pixels a side is enlarged more than three times for a network with an input of 227. */
const TINY = 72

/** A face turned further than this lies on its side or is upside down. */
const TURNED = 45

/** A face counts as cut by the frame from this share outside. */
const CUT = 0.02

/** Photos that cannot be used or are damaged, and faces that are small, turned, cut, or much changed by alignment. */
export function photos({ dataset, looks }: CheckedDataset): Finding[] {
  const unusable: Case[] = looks.flatMap((look, index) =>
    typeof look === 'string' ? [{ faces: [index], detail: look }] : [],
  )
  const skipped = dataset.skipped.map(({ face, reason }) => ({ faces: [], detail: `${face}: ${reason}` }))
  const tiny = looks
    .flatMap((look, index) => (typeof look !== 'string' && look.side < TINY ? [{ index, look }] : []))
    .sort((a, b) => a.look.side - b.look.side)
    .map(({ index, look: { side, photo } }) => ({
      faces: [index],
      detail: `${Math.round(side)} pixels of ${photo.width} × ${photo.height}`,
    }))
  const stretched = looks
    .flatMap((look, index) => {
      const stretch = typeof look === 'string' ? undefined : look.stretch
      return stretch && isSuspicious(stretch) ? [{ index, stretch }] : []
    })
    .sort((a, b) => b.stretch.ratio - a.stretch.ratio)
    .map(({ index, stretch: { ratio } }) => ({
      faces: [index],
      detail: `stretched ${ratio.toFixed(2)} times`,
    }))
  const damaged = looks.flatMap((look, index) =>
    typeof look !== 'string' && look.damaged ? [{ faces: [index], detail: 'parts of it are grey' }] : [],
  )
  const turned = looks
    .flatMap((look, index) => {
      const roll = typeof look === 'string' ? undefined : look.roll
      return roll !== undefined && Math.abs(roll) > TURNED ? [{ index, roll }] : []
    })
    .sort((a, b) => Math.abs(b.roll) - Math.abs(a.roll))
    .map(({ index, roll }) => ({ faces: [index], detail: `turned by ${Math.round(roll)}°` }))
  const cut = looks
    .flatMap((look, index) => {
      const outside = typeof look === 'string' ? undefined : look.outside
      return outside !== undefined && outside > CUT ? [{ index, outside }] : []
    })
    .sort((a, b) => b.outside - a.outside)
    .map(({ index, outside }) => ({ faces: [index], detail: `${Math.round(100 * outside)} % of it outside` }))
  return [
    {
      check: 'damaged',
      severity: 'doubtful',
      title: 'photos that are damaged inside',
      advice: 'The decoder fills unreadable parts with grey. Download them again, or remove them.',
      cases: damaged,
    },
    {
      check: 'turned',
      severity: 'doubtful',
      title: 'faces on their side or upside down',
      advice: 'regard turns them upright, but may turn a few the wrong way. Turn the photos, or remove them.',
      cases: turned,
    },
    {
      check: 'cut',
      severity: 'doubtful',
      title: 'faces cut off by the frame',
      advice: 'The missing part is filled by repeating the edge. Remove them, or use other photos.',
      cases: cut,
    },
    {
      check: 'unusable',
      severity: 'serious',
      title: 'photos, landmarks and rows that cannot be used',
      advice: 'Studies leave them out. Correct or remove them.',
      cases: [...unusable, ...skipped],
    },
    {
      check: 'tiny',
      severity: 'doubtful',
      title: `faces of fewer than ${TINY} pixels a side`,
      advice: 'They are enlarged and show little detail. Remove them, or use larger photos.',
      cases: tiny,
    },
    {
      check: 'stretched',
      severity: 'note',
      title: 'faces whose proportions alignment i changes a lot',
      advice: 'Mostly turned or tilted heads, and children; sometimes wrong photos or landmarks.',
      cases: stretched,
    },
  ]
}
