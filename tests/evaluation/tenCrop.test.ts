import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { scorePictures, tenCropGraph } from '../../src/evaluation/tenCrop.ts'
import { float32, type Graph } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { livelyNetwork } from '../networks/lively.ts'

const PICTURE = 58
const CROP = 51
const CLASSES = 3

const random = new Random('ten crops')
const network = livelyNetwork(CROP, CLASSES)
const mean = Float32Array.from({ length: 3 * PICTURE ** 2 }, () => random.uniform(90, 130))
const pictures = Array.from({ length: 13 }, () =>
  Uint8Array.from({ length: 3 * PICTURE ** 2 }, () => random.integer(256)),
)
const engine = nodeEngine({ threads: 1 })

/** The ten crops of a picture, pixel by pixel: the corners, the centre, then the mirror images of these. */
function tenCrops(picture: Uint8Array): Float32Array[] {
  const end = PICTURE - CROP
  const middle = Math.floor(end / 2)
  const corners = [
    [0, 0],
    [0, end],
    [end, 0],
    [end, end],
    [middle, middle],
  ] as const
  return [false, true].flatMap((mirrored) =>
    corners.map(([top, left]) => {
      const crop = new Float32Array(3 * CROP * CROP)
      for (let plane = 0; plane < 3; plane++) {
        for (let y = 0; y < CROP; y++) {
          for (let x = 0; x < CROP; x++) {
            const column = left + (mirrored ? CROP - 1 - x : x)
            const place = (top + y) * PICTURE + column
            // Planes are blue, green, red; pixels are red, green, blue.
            crop[(plane * CROP + y) * CROP + x] =
              picture[place * 3 + 2 - plane]! - mean[plane * PICTURE ** 2 + place]!
          }
        }
      }
      return crop
    }),
  )
}

async function probabilities(graph: Graph, crops: Float32Array[]): Promise<number[][]> {
  const program = await engine.load(graph)
  const rows: number[][] = []
  for (const crop of crops) {
    const { logits } = await program.run({ images: float32([1, 3, CROP, CROP], crop) })
    const powers = Array.from(logits!.data as Float32Array, Math.exp)
    const sum = powers.reduce((a, b) => a + b)
    rows.push(powers.map((power) => power / sum))
  }
  await program.release()
  return rows
}

describe('ten-crop scoring', () => {
  const graph = tenCropGraph(network, { picture: PICTURE, mean })

  it('is a well-formed graph from pictures to scores', () => {
    verify(graph)
    expect(graph.inputs).toEqual([{ name: 'pictures', type: 'uint8', shape: ['batch', PICTURE, PICTURE, 3] }])
    expect(graph.outputs).toEqual([{ name: 'scores', type: 'float32', shape: ['batch', CLASSES] }])
  })

  it('gives the mean probability of ten crops that are cut and scored one by one', async () => {
    const done: number[] = []
    const scores = await scorePictures(engine, graph, pictures, (count) => done.push(count))
    expect(done).toEqual([10, 13])
    expect(scores).toHaveLength(13)
    // The first and the last batch.
    for (const k of [0, 7, 12]) {
      const crops = await probabilities(network, tenCrops(pictures[k]!))
      const expected = Array.from(
        { length: CLASSES },
        (_, c) => crops.reduce((sum, row) => sum + row[c]!, 0) / 10,
      )
      expect(Math.max(...crops.map((row) => Math.abs(row[0]! - expected[0]!)))).toBeGreaterThan(0.01)
      expected.forEach((value, c) => {
        expect(scores[k]![c]).toBeCloseTo(value, 5)
      })
    }
  })

  it('scores a picture of the size of the crop, of which all windows are the same', async () => {
    const same = tenCropGraph(network, { picture: CROP, mean: new Float32Array(3 * CROP ** 2) })
    const picture = new Uint8Array(3 * CROP ** 2).fill(60)
    const [scores] = await scorePictures(engine, same, [picture])
    const [expected] = await probabilities(network, [Float32Array.from(picture)])
    expected!.forEach((value, c) => {
      expect(scores![c]).toBeCloseTo(value, 5)
    })
  })

  it('refuses pictures that are smaller than the crop', () => {
    expect(() => tenCropGraph(network, { picture: CROP - 1, mean })).toThrow(/smaller than the network/)
  })

  it('says so when the weights are broken', async () => {
    const broken = structuredClone(network)
    ;(broken.initializers.get('fc8.weight')!.data as Float32Array)[0] = Number.NaN
    const scoring = tenCropGraph(broken, { picture: PICTURE, mean })
    await expect(scorePictures(engine, scoring, pictures)).rejects.toThrow(/not a number/)
  })
})
