import type { Composite, CompositeEntryInput } from './composite.ts'

// As in zennit's presets, this ε stands in every denominator.
const STABILISER = 1e-6

const innerProducts: CompositeEntryInput = {
  operators: ['Gemm', 'MatMul'],
  rule: 'epsilon',
  epsilon: STABILISER,
}
const convolutionsZPlus: CompositeEntryInput = { operators: ['Conv'], rule: 'z-plus', epsilon: STABILISER }
const convolutionsAlpha2Beta1: CompositeEntryInput = {
  operators: ['Conv'],
  rule: 'alpha-beta',
  alpha: 2,
  beta: -1,
  epsilon: STABILISER,
}
const firstFlat: CompositeEntryInput = { first: 1, rule: 'flat' }
const gammaLayers: CompositeEntryInput[] = [
  { operators: ['Conv'], rule: 'gamma', gamma: 0.25, epsilon: STABILISER },
  { rule: 'gamma', gamma: 0.05, epsilon: STABILISER },
]

/** The composites that come with regard, by name. */
export const composites = {
  /**
   * Lapuschkin et al. 2017: flat on the lowest layers (VGG up to conv2_2, GoogLeNet up to conv2/3x3_reduce, the
   * first convolution of all others), αβ (2, −1) on the other convolutions, ε = 0.01 on inner products.
   */
  paper: {
    name: 'paper',
    layers: [
      {
        kernels: [
          [64, 3],
          [64, 3],
          [128, 3],
          [128, 3],
        ],
        rule: 'flat',
      },
      {
        // ResNet begins with the first two of these as well.
        kernels: [
          [64, 7],
          [64, 1],
          [192, 3],
        ],
        first: 2,
        rule: 'flat',
      },
      { operators: ['Conv'], first: 1, rule: 'flat' },
      { operators: ['Conv'], rule: 'alpha-beta', alpha: 2, beta: -1 },
      { rule: 'epsilon', epsilon: 0.01 },
    ],
  },
  /** ε everywhere. */
  epsilon: { name: 'epsilon', layers: [{ rule: 'epsilon', epsilon: STABILISER }] },
  /** ε on inner products, z⁺ on convolutions. */
  'epsilon-plus': { name: 'epsilon-plus', layers: [convolutionsZPlus, innerProducts] },
  /** The same, flat on the first layer. */
  'epsilon-plus-flat': {
    name: 'epsilon-plus-flat',
    layers: [firstFlat, convolutionsZPlus, innerProducts],
  },
  /**
   * The same, without the biases of convolutions: in depthwise networks these are so large that with `epsilon-plus`
   * they keep nearly everything.
   */
  'epsilon-plus-flat-unbiased': {
    name: 'epsilon-plus-flat-unbiased',
    layers: [firstFlat, { ...convolutionsZPlus, bias: false }, innerProducts],
  },
  /** ε on inner products, αβ (2, −1) on convolutions. */
  'epsilon-alpha2-beta1': {
    name: 'epsilon-alpha2-beta1',
    layers: [convolutionsAlpha2Beta1, innerProducts],
  },
  /** The same, flat on the first layer. */
  'epsilon-alpha2-beta1-flat': {
    name: 'epsilon-alpha2-beta1-flat',
    layers: [firstFlat, convolutionsAlpha2Beta1, innerProducts],
  },
  /** ε on inner products, γ = 0.25 on convolutions, zᴮ on the first layer with the input's own low and high. */
  'epsilon-gamma-box': {
    name: 'epsilon-gamma-box',
    layers: [
      { first: 1, rule: 'z-box', epsilon: STABILISER },
      { operators: ['Conv'], rule: 'gamma', gamma: 0.25, epsilon: STABILISER },
      innerProducts,
    ],
  },
  /**
   * Excitation backprop: z⁺ without bias everywhere, started with a probability of one. Zhang et al. 2016,
   * *Top-down Neural Attention by Excitation Backprop*, eq. 5.
   */
  excitation: {
    name: 'excitation',
    start: 'one',
    layers: [{ rule: 'z-plus', bias: false }],
    batchNorm: 'pass',
  },
  /**
   * Achtibat et al. 2024, *AttnLRP*: attention's products in halves, its softmax by first-order Taylor expansion,
   * constants keep their share, linear layers without an ε.
   */
  attnlrp: { name: 'attnlrp', constants: 'keep', layers: [{ rule: 'simple' }] },
  /** The same with γ in linear layers, 0.25 in convolutions and 0.05 in inner products: less noise. */
  'attnlrp-gamma': { name: 'attnlrp-gamma', constants: 'keep', layers: gammaLayers },
  /**
   * Ali et al. 2022, *XAI for Transformers: Better Explanations through Conservative Propagation*: attention's weights
   * count as constant, so that nothing goes to queries and keys.
   */
  cplrp: { name: 'cplrp', constants: 'keep', softmax: 'constant', layers: [{ rule: 'simple' }] },
  /** The same with γ in linear layers. */
  'cplrp-gamma': { name: 'cplrp-gamma', constants: 'keep', softmax: 'constant', layers: gammaLayers },
  /** The gradient of the logit (sensitivity). Simonyan et al. 2013, *Deep Inside Convolutional Networks*. */
  gradient: { name: 'gradient', method: 'gradient' },
  /** Gradient × input. Shrikumar et al. 2016, *Not Just a Black Box*. */
  'gradient-times-input': { name: 'gradient-times-input', method: 'gradient', timesInput: true },
  /** Springenberg et al. 2015, *Striving for Simplicity: The All Convolutional Net*. */
  'guided-backprop': { name: 'guided-backprop', method: 'gradient', activation: 'guided-backprop' },
  /** Zeiler and Fergus 2014, *Visualizing and Understanding Convolutional Networks*. */
  deconvnet: { name: 'deconvnet', method: 'gradient', activation: 'deconvnet' },
} satisfies Record<string, Composite>

/** The name of a composite that comes with regard. */
export type CompositeName = keyof typeof composites
