/**
 * Everything that explains, by name. A method is one file in `methods/` and one entry here; its file is loaded when the
 * method is first used, so that a page that uses one method does not load the others.
 */

import type { Engine } from '../engine/engine.ts'
import type { Graph } from '../graph/types.ts'
import type { Composite, GradientComposite, RelevanceComposite } from '../rules/composites/composite.ts'
import type { Explainer, ExplainerOptions } from './explain.ts'
import type { GradCamOptions } from './methods/gradCam.ts'
import type { IntegratedGradientsOptions } from './methods/integratedGradients.ts'
import type { KernelShapOptions } from './methods/kernelShap.ts'
import type { LimeOptions } from './methods/lime.ts'
import type { OcclusionOptions } from './methods/occlusion.ts'
import type { PredictionDifferenceOptions } from './methods/predictionDifference.ts'
import type { RandomOptions } from './methods/randomNumbers.ts'
import type { RiseOptions } from './methods/rise.ts'
import type { SegmentOptions } from './methods/segments.ts'
import type { SmoothGradOptions } from './methods/smoothGrad.ts'
import type { SquareOptions } from './methods/squares.ts'
import type { OptionTable } from './options.ts'

/** The network that a method is loaded for, and what to compute. */
export interface Subject extends ExplainerOptions {
  readonly engine: Engine
  readonly network: Graph
}

/** Makes an explainer by a method with its options. */
export type LoadMethod<Given extends { readonly method?: string }> = (
  subject: Subject,
  method: Given,
) => Promise<Explainer>

/** A method by its name, with options that override its defaults. */
export type WithOptions<Name, Options> = { readonly method: Name } & Partial<Options>

/** What a method may give beside the relevance of the input: that of other layers, and a conservation report. */
export type Extra = 'layers' | 'conservation'

/** What can be known about a method without loading its code. */
export interface MethodEntry<Options> {
  readonly title: string
  /** The paper that it is from. */
  readonly source: string
  /** What can be set, with defaults and ranges. */
  readonly options: OptionTable<Options>
  readonly gives: Readonly<Record<Extra, boolean>>
  /** Whether its map depends on the class that is asked for. */
  readonly ofClass: boolean
  /** Loads its code. */
  readonly load: () => Promise<{ readonly load: LoadMethod<never> }>
}

/** Options of the methods that slide a square over the picture. */
const SQUARES: OptionTable<SquareOptions> = {
  window: {
    what: 'side of the covered square, in pixels; by default an eighth of the picture’s shorter side',
    default: undefined,
    range: [1, Infinity],
    whole: true,
  },
  stride: {
    what: 'from one square to the next, in pixels, no more than the window; by default half of it',
    default: undefined,
    range: [1, Infinity],
    whole: true,
  },
}

/** Options of the methods that look at superpixels. */
const SEGMENTS: OptionTable<SegmentOptions> = {
  segments: {
    what: 'about how many superpixels the picture is cut into',
    default: 50,
    range: [1, Infinity],
    whole: true,
  },
  compactness: {
    what: 'how round superpixels are rather than true to edges; 1 to 40 make sense',
    default: 10,
    range: [0, Infinity],
  },
  fill: {
    what: 'what a removed superpixel is filled with, in all channels; by default its own mean colour',
    default: undefined,
    range: [-Infinity, Infinity],
  },
}

/**
 * All methods, by the names that people type. The first two are composites, which also give the rules of the
 * layers; the others need only their names.
 */
export const METHODS = {
  relevance: {
    title: 'Layer-wise relevance propagation',
    source:
      'Bach, Binder, Montavon, Klauschen, Müller and Samek 2015, On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance Propagation',
    options: {
      start: { what: 'what is divided: the logit, or one', default: 'logit', choices: ['logit', 'one'] },
      maxPool: {
        what: 'which inputs take the relevance of a maximum',
        default: 'first',
        choices: ['first', 'equal', 'proportional'],
      },
      lrn: {
        what: 'local response normalisation: passed on, or first-order Taylor',
        default: 'pass',
        choices: ['pass', 'taylor'],
      },
      add: {
        what: 'how a sum divides among its branches',
        default: 'proportional',
        choices: ['proportional', 'equal'],
      },
      batchNorm: {
        what: 'batch normalisation that cannot be merged',
        default: 'proportional',
        choices: ['proportional', 'magnitude', 'pass'],
      },
      constants: {
        what: 'constants in sums that are not a bias: they pass on what arrives, or keep their share',
        default: 'pass',
        choices: ['pass', 'keep'],
      },
      softmax: {
        what: 'softmax inside the network: first-order Taylor, or constant',
        default: 'taylor',
        choices: ['taylor', 'constant'],
      },
    },
    ofClass: true,
    gives: { layers: true, conservation: true },
    load: () => import('./methods/composite.ts'),
  } satisfies MethodEntry<Omit<RelevanceComposite, 'name' | 'method' | 'layers'>>,
  gradient: {
    title: 'Gradient',
    source:
      'Simonyan, Vedaldi and Zisserman 2013, Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps',
    options: {
      activation: {
        what: 'how activations pass the gradient',
        default: 'gradient',
        choices: ['gradient', 'guided-backprop', 'deconvnet'],
      },
      timesInput: {
        what: 'whether the gradient is multiplied by the input',
        default: false,
        choices: [false, true],
      },
    },
    ofClass: true,
    gives: { layers: true, conservation: false },
    load: () => import('./methods/composite.ts'),
  } satisfies MethodEntry<Omit<GradientComposite, 'name' | 'method'>>,
  smoothgrad: {
    title: 'SmoothGrad',
    source:
      'Smilkov, Thorat, Kim, Viégas and Wattenberg 2017, SmoothGrad: removing noise by adding noise, section 3',
    // What the paper found to work: 10 to 20 % noise, and little change beyond 50 samples.
    options: {
      samples: { what: 'noisy copies of the input', default: 50, range: [1, Infinity], whole: true },
      noise: {
        what: 'standard deviation of the noise, as a fraction of the input’s range',
        default: 0.15,
        range: [0, Infinity],
      },
      seed: { what: 'the same seed gives the same noise', default: 0 },
    },
    ofClass: true,
    gives: { layers: false, conservation: false },
    load: () => import('./methods/smoothGrad.ts'),
  } satisfies MethodEntry<SmoothGradOptions>,
  'integrated-gradients': {
    title: 'Integrated gradients',
    source: 'Sundararajan, Taly and Yan 2017, Axiomatic Attribution for Deep Networks, equations 1 and 3',
    // The paper finds 20 to 300 points enough; the gap between `sum` and `difference` says whether they are.
    options: {
      steps: {
        what: 'points on the path from zeros to the input',
        default: 64,
        range: [1, Infinity],
        whole: true,
      },
    },
    ofClass: true,
    gives: { layers: false, conservation: false },
    load: () => import('./methods/integratedGradients.ts'),
  } satisfies MethodEntry<IntegratedGradientsOptions>,
  'grad-cam': {
    title: 'Grad-CAM',
    source:
      'Selvaraju, Cogswell, Das, Vedantam, Parikh and Batra 2017, Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization, equations 1 and 2',
    options: {
      layer: {
        what: 'the value of the network to look at; by default the last one with height and width',
        default: undefined,
      },
    },
    ofClass: true,
    gives: { layers: false, conservation: false },
    load: () => import('./methods/gradCam.ts'),
  } satisfies MethodEntry<GradCamOptions>,
  occlusion: {
    title: 'Occlusion',
    source: 'Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks, section 4.2',
    options: {
      ...SQUARES,
      fill: {
        what: 'what a square is filled with, in all channels; 0 is the mean if the mean is subtracted',
        default: 0,
        range: [-Infinity, Infinity],
      },
    },
    ofClass: true,
    gives: { layers: false, conservation: false },
    load: () => import('./methods/occlusion.ts'),
  } satisfies MethodEntry<OcclusionOptions>,
  lime: {
    title: 'LIME',
    source:
      'Ribeiro, Singh and Guestrin 2016, “Why Should I Trust You?”: Explaining the Predictions of Any Classifier, section 3; superpixels by SLIC: Achanta, Shaji, Smith, Lucchi, Fua and Süsstrunk 2012',
    options: {
      ...SEGMENTS,
      samples: {
        what: 'pictures without some of the superpixels, each run through the network',
        default: 1000,
        range: [1, Infinity],
        whole: true,
      },
      kernel: {
        what: 'width of the exponential kernel on the cosine distance from the whole picture, 0 to 1',
        default: 0.25,
        range: [1e-3, Infinity],
      },
      ridge: { what: 'how much large coefficients cost', default: 1, range: [0, Infinity] },
      seed: { what: 'the same seed gives the same samples', default: 0 },
    },
    ofClass: true,
    gives: { layers: false, conservation: false },
    load: () => import('./methods/lime.ts'),
  } satisfies MethodEntry<LimeOptions>,
  'kernel-shap': {
    title: 'KernelSHAP',
    source:
      'Lundberg and Lee 2017, A Unified Approach to Interpreting Model Predictions, theorem 2; in pairs as Covert and Lee 2021; superpixels by SLIC: Achanta, Shaji, Smith, Lucchi, Fua and Süsstrunk 2012',
    options: {
      ...SEGMENTS,
      samples: {
        what: 'pictures without some of the superpixels, in pairs, each run through the network; for 11 superpixels or fewer, all that exist, at most 2048',
        default: 1000,
        range: [2, Infinity],
        whole: true,
      },
      seed: { what: 'the same seed gives the same samples', default: 0 },
    },
    ofClass: true,
    gives: { layers: false, conservation: false },
    load: () => import('./methods/kernelShap.ts'),
  } satisfies MethodEntry<KernelShapOptions>,
  rise: {
    title: 'RISE',
    source:
      'Petsiuk, Das and Saenko 2018, RISE: Randomized Input Sampling for Explanation of Black-box Models, section 3',
    options: {
      samples: {
        what: 'random masks, each run through the network',
        default: 1000,
        range: [1, Infinity],
        whole: true,
      },
      grid: { what: 'cells of a mask along each side', default: 7, range: [1, Infinity], whole: true },
      probability: {
        what: 'the probability that a cell can be seen through',
        default: 0.5,
        range: [0.01, 0.99],
      },
      fill: {
        what: 'what hidden pixels are filled with, in all channels; 0 is the mean if the mean is subtracted',
        default: 0,
        range: [-Infinity, Infinity],
      },
      seed: { what: 'the same seed gives the same masks', default: 0 },
    },
    ofClass: true,
    gives: { layers: false, conservation: false },
    load: () => import('./methods/rise.ts'),
  } satisfies MethodEntry<RiseOptions>,
  'prediction-difference': {
    title: 'Prediction difference analysis',
    source:
      'Zintgraf, Cohen, Adel and Welling 2017, Visualizing Deep Neural Network Decisions: Prediction Difference Analysis, section 3',
    options: {
      ...SQUARES,
      samples: {
        what: 'draws for each square, each run through the network',
        default: 4,
        range: [1, Infinity],
        whole: true,
      },
      ring: {
        what: 'width of the ring around a square, in pixels, which says what could stand in it; by default a quarter of the window',
        default: undefined,
        range: [1, Infinity],
        whole: true,
      },
      seed: { what: 'the same seed gives the same draws', default: 0 },
    },
    ofClass: true,
    gives: { layers: false, conservation: false },
    load: () => import('./methods/predictionDifference.ts'),
  } satisfies MethodEntry<PredictionDifferenceOptions>,
  'attention-rollout': {
    title: 'Attention rollout',
    source: 'Abnar and Zuidema 2020, Quantifying Attention Flow in Transformers, section 3',
    options: {},
    ofClass: false,
    gives: { layers: false, conservation: false },
    load: () => import('./methods/attentionRollout.ts'),
  } satisfies MethodEntry<object>,
  'gradient-attention': {
    title: 'Gradient × attention',
    source:
      'Chefer, Gur and Wolf 2021, Generic Attention-model Explainability for Interpreting Bi-Modal and Encoder-Decoder Transformers, equations 5 and 6',
    options: {},
    ofClass: true,
    gives: { layers: false, conservation: false },
    load: () => import('./methods/gradientAttention.ts'),
  } satisfies MethodEntry<object>,
  random: {
    title: 'Random numbers, for comparison: knows nothing about the network',
    source:
      'a control, as in Samek, Binder, Montavon, Lapuschkin and Müller 2017, Evaluating the Visualization of What a Deep Neural Network Has Learned',
    options: { seed: { what: 'the same seed gives the same numbers', default: 0 } },
    ofClass: false,
    gives: { layers: false, conservation: false },
    load: () => import('./methods/randomNumbers.ts'),
  } satisfies MethodEntry<RandomOptions>,
  edges: {
    title: 'Edges of the picture, for comparison: knows nothing about the network',
    source:
      'a control, as in Adebayo, Gilmer, Muelly, Goodfellow, Hardt and Kim 2018, Sanity Checks for Saliency Maps',
    options: {},
    ofClass: false,
    gives: { layers: false, conservation: false },
    load: () => import('./methods/edges.ts'),
  } satisfies MethodEntry<object>,
}

/** The name of a method. */
export type MethodName = keyof typeof METHODS

/**
 * A method with what it needs: a composite, or the name of another method with options that override its
 * defaults, such as `{ method: 'smoothgrad', samples: 20 }`.
 */
export type Method = { [Name in MethodName]: MethodBy<Name> }[MethodName]

/** The {@link Method} of one name. */
type MethodBy<Name extends MethodName> = Parameters<
  Awaited<ReturnType<(typeof METHODS)[Name]['load']>>['load']
>[1]

/** A method that is not a composite. */
export type NamedMethod = Exclude<Method, Composite>

/** The names of the methods that are not composites. */
export const NAMED_METHODS = (Object.keys(METHODS) as MethodName[]).filter(
  (name): name is NamedMethod['method'] => name !== 'relevance' && name !== 'gradient',
)
