import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { alignFaces } from '../../src/datasets/alignFaces.ts'
import type { Dataset } from '../../src/datasets/dataset.ts'
import { readDataset } from '../../src/datasets/readers.ts'
import { synthesize } from '../../src/datasets/synthetic/synthesize.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { requireEvaluable } from '../../src/evaluation/evaluate.ts'
import { explainFaces } from '../../src/evaluation/explainFaces.ts'
import { showAll } from '../../src/evaluation/shownFaces.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { float32 } from '../../src/graph/types.ts'
import { modelOf } from '../../src/models/model.ts'
import type { Image } from '../../src/pictures/image.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-measure-'))
let dataset: Dataset
beforeAll(async () => {
  await synthesize(join(folder, 'drawn'), { count: 3, seed: 'measure' })
  dataset = await readDataset('synthetic', join(folder, 'drawn'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A network whose pictures are narrower than high. */
function narrow() {
  const g = new GraphBuilder('narrow')
  const x = g.input('x', 'float32', ['batch', 3, 60, 40])
  const weights = g.constant(float32([7200, 2]))
  g.output('y', g.op('MatMul', [g.op('Flatten', [x]), weights]))
  return requireEvaluable([
    modelOf(g.graph(), 'narrow.onnx', {
      classes: ['m', 'f'],
      task: 'gender',
      alignment: 'r',
      input: { channels: 'RGB', scale: 1, mean: 0 },
      fit: 'stretch',
    }),
  ])
}

/** The mean of a picture's values in its left half. */
function leftHalf({ data, width }: Image): number {
  const inside = data.filter((_, k) => Math.floor(k / 3) % width < width / 2)
  return inside.reduce((sum, value) => sum + value, 0) / inside.length
}

describe('a network whose pictures are not square', () => {
  it('is measured with faces that are fitted to them', async () => {
    const { shown } = await showAll(narrow(), dataset, dataset.faces)
    expect(shown).toHaveLength(3)
    let at = 0
    for await (const aligned of alignFaces(dataset.faces, 'r', 60)) {
      const { picture } = shown[at++]!
      expect([picture.width, picture.height, picture.data.length]).toEqual([40, 60, 7200])
      if (typeof aligned === 'string') throw new Error(aligned)
      expect(leftHalf(picture)).toBeCloseTo(leftHalf({ width: 60, height: 60, data: aligned.picture! }), -0.5)
    }
  })

  it('is refused where parts of faces are asked for', async () => {
    await expect(showAll(narrow(), dataset, dataset.faces, { parts: ['eyes'] })).rejects.toThrow(
      /its pictures are 60 × 40, and parts can only be found in square ones/,
    )
    const engine = await nodeEngine({ threads: 1 })
    await expect(explainFaces(narrow(), dataset, dataset.faces, { engine, folder })).rejects.toThrow(
      /only be found in square ones/,
    )
  })
})
