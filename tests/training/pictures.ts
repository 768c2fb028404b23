import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '../../src/base/random.ts'
import { openPack, PackWriter, type StoredPicture } from '../../src/datasets/pack.ts'
import type { Pictures } from '../../src/training/pictures.ts'

/** Noise with a bright patch whose place shows the class: enough to learn from in a few iterations. */
export function patches(count: number, size: number, seed: string): Pictures {
  const random = new Random(seed)
  const labels = Array.from({ length: count }, (_, k) => k % 2)
  const path = join(mkdtempSync(join(tmpdir(), 'regard-patches-')), 'patches.pictures')
  const pack = new PackWriter(path)
  const keys = labels.map((label, k) => {
    const picture = Uint8Array.from({ length: 3 * size * size }, () => 60 + random.integer(80))
    const from = label === 0 ? 0 : size >> 1
    for (let row = from; row < from + (size >> 1); row++) {
      picture.fill(220, 3 * (row * size + (size >> 2)), 3 * (row * size + (size >> 1)))
    }
    const key = createHash('sha256').update(`${k}`).digest('hex')
    pack.add(key, picture)
    return key
  })
  pack.commit()
  const { pictures } = openPack(path, size)!
  return { size, pixels: keys.map((key) => pictures.get(key)!), labels }
}

/** The same map of parts for every picture. */
export function labelMaps(count: number, size: number, map: Uint8Array): readonly StoredPicture[] {
  const path = join(mkdtempSync(join(tmpdir(), 'regard-maps-')), 'maps.parts')
  const pack = new PackWriter(path)
  const key = createHash('sha256').update('map').digest('hex')
  pack.add(key, map)
  pack.commit()
  const [stored] = openPack(path, size, 1)!.pictures.values()
  return Array.from({ length: count }, () => stored!)
}
