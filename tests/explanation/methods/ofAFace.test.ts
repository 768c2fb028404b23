import { expect, test } from 'vitest'
import type { NamedMethod } from '../../../src/explanation/methods.ts'
import { explainFile } from '../../../src/models/node.ts'
import { shared } from '../../shared.ts'

/** The side of the picture that faceres sees of a face. */
const SIZE = 224
/** Where the face lies in it, from brow to chin, measured by eye for this photo: three tenths of the picture. */
const isFace = (pixel: number) => {
  const [x, y] = [pixel % SIZE, Math.floor(pixel / SIZE)]
  return ((x - 112) / 64) ** 2 + ((y - 110) / 78) ** 2 < 1
}

/** The share on the face of the twentieth of the picture that speaks most for faceres's answer. */
async function shareOnFace(method: NamedMethod): Promise<number> {
  const { relevance } = await explainFile('faceres', `${shared}/data/photos/astronaut.png`, { method })
  const { data } = relevance
  const top = [...data.keys()].sort((a, b) => data[b]! - data[a]!).slice(0, Math.floor(data.length / 20))
  expect(data.length).toBe(SIZE ** 2)
  return top.filter(isFace).length / top.length
}

test.skipIf(!shared).each<NamedMethod>([
  { method: 'lime', segments: 30, samples: 300 },
  { method: 'kernel-shap', segments: 30, samples: 300 },
  { method: 'rise', samples: 300 },
  { method: 'prediction-difference', samples: 1 },
])('in a real network what speaks for its answer lies on the face: $method', async (method) => {
  expect(await shareOnFace(method)).toBeGreaterThan(0.9)
})

test.skipIf(!shared).each<NamedMethod>([{ method: 'random' }, { method: 'edges' }])(
  'the controls do not know where the face is: $method',
  async (method) => {
    expect(await shareOnFace(method)).toBeLessThan(0.4)
  },
)
