import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { countSeen, seenPhotos } from '../../src/evaluation/seen.ts'
import { writeNpy } from '../../src/formats/npy.ts'
import { modelOf } from '../../src/models/model.ts'
import { livelyNetwork } from '../networks/lively.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-seen-'))
const faceIn = (name: string) => ({ id: name, photo: join(folder, name), subject: name })
for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) writeFileSync(join(folder, name), `the bytes of ${name}`)
copyFileSync(join(folder, 'a.jpg'), join(folder, 'renamed.jpg'))

function modelWith(photos?: string) {
  const trainedOn = {
    dataset: 'aaf',
    setting: 'r',
    fold: 0,
    seed: 1,
    iterations: 1,
    ...(photos && { photos }),
  }
  return modelOf(livelyNetwork(51, 2), join(folder, 'model.onnx'), { trainedOn })
}

describe('the photos that a network has seen', () => {
  it('are known by their bytes, under any name, each once', () => {
    const seen = seenPhotos([faceIn('a.jpg'), faceIn('b.jpg'), faceIn('renamed.jpg')])!
    expect(seen.shape).toEqual([2, 8])
    writeFileSync(join(folder, 'model.photos.npy'), writeNpy(seen))
    const model = modelWith('model.photos.npy')
    expect(countSeen(model, [faceIn('c.jpg')])).toBe(0)
    expect(countSeen(model, [faceIn('renamed.jpg'), faceIn('b.jpg'), faceIn('b.jpg'), faceIn('c.jpg')])).toBe(
      3,
    )
    expect(countSeen(model, [faceIn('gone.jpg')])).toBe(0)
  })

  it('are not listed where one cannot be read, and unknown where the list is missing', () => {
    expect(seenPhotos([faceIn('a.jpg'), faceIn('gone.jpg')])).toBeUndefined()
    expect(countSeen(modelWith(), [faceIn('a.jpg')])).toBeUndefined()
    expect(countSeen(modelWith('lost.npy'), [faceIn('a.jpg')])).toBeUndefined()
  })

  it('are refused where the list is damaged', () => {
    writeFileSync(join(folder, 'damaged.npy'), 'not an array')
    expect(() => countSeen(modelWith('damaged.npy'), [faceIn('a.jpg')])).toThrow(/damaged\.npy: this is not/)
  })
})
