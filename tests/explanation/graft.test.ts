import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { nodeEngine } from '../../src/engine/node.ts'
import { loadExplainer } from '../../src/explanation/explain.ts'
import { graft } from '../../src/explanation/graft.ts'
import type { Target } from '../../src/explanation/target.ts'
import { float32, type TensorOf } from '../../src/graph/types.ts'
import { verify } from '../../src/graph/verify.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { livelyNetwork } from '../networks/lively.ts'

const SIZE = 51
const CLASSES = 3
const engine = await nodeEngine({ threads: 1 })
const network = livelyNetwork(SIZE, CLASSES)

function pictures(count: number): TensorOf<'float32'> {
  const random = new Random('graft')
  const shape = [count, 3, SIZE, SIZE]
  return float32(
    shape,
    Float32Array.from({ length: count * 3 * SIZE ** 2 }, () => random.uniform(-120, 140)),
  )
}

/** One picture of a batch. */
function picture({ shape, data }: TensorOf<'float32'>, k: number): TensorOf<'float32'> {
  const size = data.length / shape[0]!
  return float32([1, ...shape.slice(1)], data.slice(k * size, (k + 1) * size))
}

describe('a network with its explanation grafted on', () => {
  it("takes the network's input, and gives its outputs and one more", () => {
    const grafted = graft(network, composites.paper)
    expect(() => verify(grafted)).not.toThrow()
    expect(grafted.inputs).toEqual(network.inputs)
    expect(grafted.outputs).toEqual([
      ...network.outputs,
      { name: 'relevance', type: 'float32', shape: ['batch', 3, SIZE, SIZE] },
    ])
    expect(grafted.opset).toBe(18)
  })

  it.each<[string, Target, keyof typeof composites]>([
    ["the network's own answer", 'top', 'paper'],
    ['a class', 1, 'epsilon-plus'],
    ['the difference of two classes', { class: 2, minus: 0 }, 'epsilon'],
    ['what speaks against a class', { against: 0 }, 'gradient-times-input'],
  ])('explains %s of each picture in a batch as if it were alone', async (_, target, name) => {
    const program = await engine.load(graft(network, composites[name], { target }))
    const explainer = await loadExplainer(engine, network, composites[name])
    const batch = pictures(3)
    const results = await program.run({ images: batch })
    for (let k = 0; k < 3; k++) {
      const [alone] = await explainer.explain(picture(batch, k), [target])
      const map = picture(results.relevance as TensorOf<'float32'>, k).data
      const most = alone!.relevance.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
      expect(most).toBeGreaterThan(0)
      map.forEach((value, i) => {
        expect(Math.abs(value - alone!.relevance.data[i]!)).toBeLessThan(1e-5 * most)
      })
    }
    await program.release()
    await explainer.release()
  })

  it('refuses a class that the network lacks', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: CLASSES }), fc.integer({ max: -1 })), (target) => {
        expect(() => graft(network, composites.gradient, { target })).toThrow(/the network has 0 to 2/)
      }),
      { numRuns: 5 },
    )
  })
})
