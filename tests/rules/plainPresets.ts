/** The presets of composites, as rules of the plain judge. */

import type { Node } from '../../src/graph/operators.ts'
import { RANGE } from './patterns.ts'
import type { PlainRule } from './plainRelevance.ts'

/** The rules of each preset, from the papers and zennit's documentation. */
export const presets: Record<string, (node: Node, first: boolean) => PlainRule> = (() => {
  const epsilon = (value: number): PlainRule => ({ rule: 'epsilon', epsilon: value, bias: true })
  const alphaBeta = (alpha: number, beta: number, stabiliser: number): PlainRule => ({
    rule: 'alpha-beta',
    alpha,
    beta,
    epsilon: stabiliser,
    bias: true,
  })
  const gamma: PlainRule = { rule: 'gamma', gamma: 0.25, epsilon: 1e-6, bias: true }
  const flat: PlainRule = { rule: 'flat' }
  const box: PlainRule = { rule: 'z-box', ...RANGE, epsilon: 1e-6 }
  const excitation: PlainRule = { rule: 'alpha-beta', alpha: 1, beta: 0, epsilon: 0, bias: false }
  const less: PlainRule = { rule: 'gamma', gamma: 0.05, epsilon: 1e-6, bias: true }
  const on = (convolution: PlainRule, first = convolution, inner = epsilon(1e-6)) => {
    return ({ op }: Node, isFirst: boolean) => (isFirst ? first : op === 'Conv' ? convolution : inner)
  }
  return {
    paper: on(alphaBeta(2, -1, 0), flat, epsilon(0.01)),
    epsilon: on(epsilon(1e-6)),
    'epsilon-plus': on(alphaBeta(1, 0, 1e-6)),
    'epsilon-plus-flat': on(alphaBeta(1, 0, 1e-6), flat),
    'epsilon-plus-flat-unbiased': on({ ...excitation, epsilon: 1e-6 }, flat),
    'epsilon-alpha2-beta1': on(alphaBeta(2, -1, 1e-6)),
    'epsilon-alpha2-beta1-flat': on(alphaBeta(2, -1, 1e-6), flat),
    'epsilon-gamma-box': on(gamma, box),
    excitation: () => excitation,
    attnlrp: on(epsilon(0), epsilon(0), epsilon(0)),
    'attnlrp-gamma': on(gamma, gamma, less),
  }
})()

/** Whether a preset lets constants keep their share. */
export const keeps = (name: string) => /^attnlrp/.test(name)
