import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seenAmong, seenPhotos, startOverlap } from '../../src/evaluation/seen.ts'
import { writeNpy } from '../../src/formats/npy.ts'
import { float32 } from '../../src/graph/types.ts'
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
    expect(seenAmong(model, [faceIn('c.jpg')])).toEqual({ count: 0 })
    expect(
      seenAmong(model, [faceIn('renamed.jpg'), faceIn('b.jpg'), faceIn('b.jpg'), faceIn('c.jpg')]),
    ).toEqual({ count: 3 })
    expect(seenAmong(model, [faceIn('gone.jpg')])).toEqual({ count: 0 })
  })

  it('include those of the network that it started from, about which a training is warned', () => {
    const start = join(folder, 'first.onnx')
    writeFileSync(join(folder, 'first.photos.npy'), writeNpy(seenPhotos([faceIn('a.jpg')])!))
    const seen = seenPhotos([faceIn('b.jpg')], start)!
    expect(seen).toEqual(seenPhotos([faceIn('a.jpg'), faceIn('b.jpg')]))
    expect(startOverlap(start, [faceIn('b.jpg'), faceIn('renamed.jpg'), faceIn('c.jpg')])).toBe(
      `${start} was trained on the photos of 1 of the 3 faces to test on: what starts from it will look better than it is. ` +
        'Start from weights that were trained on other photos',
    )
    expect(startOverlap(start, [faceIn('b.jpg')])).toBeUndefined()
    expect(startOverlap(join(folder, 'unlisted.onnx'), [faceIn('a.jpg')])).toBeUndefined()
    expect(seenPhotos([faceIn('b.jpg')], join(folder, 'unlisted.onnx'))).toEqual(
      seenPhotos([faceIn('b.jpg')]),
    )
  })

  it('are not listed where one cannot be read, and unknown where the list is missing, which is told', () => {
    expect(seenPhotos([faceIn('a.jpg'), faceIn('gone.jpg')])).toBeUndefined()
    expect(seenAmong(modelWith(), [faceIn('a.jpg')])).toBeUndefined()
    expect(seenAmong(modelWith('lost.npy'), [faceIn('a.jpg')])).toEqual({ missing: 'lost.npy' })
  })

  it.each([
    ['damaged', 'not an array', /list\.npy: this is not/],
    [
      'an array of other things',
      writeNpy(float32([2, 8])),
      /list\.npy: must hold 8 bytes .*not float32 \[2, 8\]/,
    ],
  ])('are refused where the list is %s', (_, bytes, sentence) => {
    writeFileSync(join(folder, 'list.npy'), bytes)
    expect(() => seenAmong(modelWith('list.npy'), [faceIn('a.jpg')])).toThrow(sentence)
  })
})
