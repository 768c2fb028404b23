import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import { loadExplainer } from '../../../src/explanation/explain.ts'
import { rollout } from '../../../src/explanation/methods/attentionRollout.ts'
import { attentionWeights } from '../../../src/explanation/methods/attentionWeights.ts'
import { gradientAttention } from '../../../src/explanation/methods/gradientAttention.ts'
import { readNpy } from '../../../src/formats/npy.ts'
import { readGraph } from '../../../src/graph/file.ts'
import { float32, type Graph, type TensorOf } from '../../../src/graph/types.ts'
import { livelyNetwork } from '../../networks/lively.ts'
import { shared } from '../../shared.ts'

const engine = await nodeEngine({ threads: 1 })

describe('attention rollout', () => {
  it('multiplies blocks that keep half of what a token had', () => {
    const first = Float64Array.of(0.2, 0.8, 0.6, 0.4)
    const second = Float64Array.of(1, 0, 0.5, 0.5)
    // ½ (A₂ + 1) · ½ (A₁ + 1)
    const expected = [1 * 0.6, 1 * 0.4, 0.25 * 0.6 + 0.75 * 0.3, 0.25 * 0.4 + 0.75 * 0.7]
    rollout([first, second], 2).forEach((value, k) => {
      expect(value).toBeCloseTo(expected[k]!, 12)
    })
  })
})

describe('gradient × attention', () => {
  it('adds what each block contributes to what was there', () => {
    const first = Float64Array.of(0, 0.3, 0.1, 0)
    const second = Float64Array.of(0, 0.5, 0, 0)
    // (1 + Ā₂)(1 + Ā₁)
    const expected = [1 + 0.5 * 0.1, 0.3 + 0.5, 0.1, 1]
    gradientAttention([first, second], 2).forEach((value, k) => {
      expect(value).toBeCloseTo(expected[k]!, 12)
    })
  })
})

describe.skipIf(!shared).each(['vit-fused-opset17', 'vit-pooled-swish-opset14'])(
  'attention of %s',
  (model) => {
    const at = (name: string) => join(shared!, 'reference/attention', model, name)
    const network = (): Graph => readGraph(readFileSync(at('model.onnx')), model)
    const picture = (): TensorOf<'float32'> => {
      const { shape, data } = readNpy(readFileSync(at('input.npy')), 'input')
      return float32(shape, Float32Array.from(data as ArrayLike<number>))
    }
    const mapsOf = async (method: 'attention-rollout' | 'gradient-attention') => {
      const explainer = await loadExplainer(engine, network(), { method })
      const explanations = await explainer.explain(picture(), [0, 1])
      await explainer.release()
      return explanations.map(({ relevance }) => relevance)
    }

    it('gives a map of the picture by rollout, the same for every class', async () => {
      const [one, other] = await mapsOf('attention-rollout')
      expect(one!.shape).toEqual([1, 1, 48, 48])
      expect(one!.data.every((value) => value > 0 && value < 1)).toBe(true)
      expect(other).toEqual(one)
    })

    it('gives a map for each class by gradient × attention, nowhere negative', async () => {
      const [one, other] = await mapsOf('gradient-attention')
      expect(one!.data.every((value) => value >= 0)).toBe(true)
      expect(one!.data.some((value) => value > 0)).toBe(true)
      expect(other!.data).not.toEqual(one!.data)
    })

    it('finds every block, and the places of the tokens', () => {
      const { names, tokens, grid } = attentionWeights(network(), network().outputs[0]!.name)
      expect(names.length).toBe(3)
      expect([tokens, ...grid]).toEqual([model.includes('pooled') ? 36 : 37, 6, 6])
    })
  },
)

it.each(['attention-rollout', 'gradient-attention'] as const)(
  'a network without attention refuses %s',
  async (method) => {
    const loading = loadExplainer(engine, livelyNetwork(51, 3), { method })
    await expect(loading).rejects.toThrow(/has no attention.*Choose another method/)
  },
)
