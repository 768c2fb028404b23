import { isSuspicious } from '../../faces/stretch.ts'
import type { Case, CheckedDataset, Finding } from './finding.ts'

/** A face that is cut out of fewer pixels a side is enlarged more than three times for a network that sees 227. */
const TINY = 72

/** Photos that cannot be used, faces of few pixels, and faces that alignment changes much. */
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
  return [
    {
      check: 'unusable',
      severity: 'serious',
      title: 'photos, landmarks and rows that cannot be used',
      advice: 'They are left out of every study. Correct or remove them.',
      cases: [...unusable, ...skipped],
    },
    {
      check: 'tiny',
      severity: 'doubtful',
      title: `faces of fewer than ${TINY} pixels a side`,
      advice: 'They are enlarged and have little detail. Remove them, or take larger photos.',
      cases: tiny,
    },
    {
      check: 'stretched',
      severity: 'note',
      title: 'faces whose proportions the alignment i changes much',
      advice: 'Mostly heads that are turned or bent, and children; also photos or landmarks that are wrong.',
      cases: stretched,
    },
  ]
}
