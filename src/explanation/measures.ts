/**
 * Everything that measures explanations, by name: whether a map lies where it should, how concentrated it is, whether
 * the network's answer depends on what it shows, whether the explainer depends on what was learnt, and how alike two
 * maps are. A measure is one file in `measures/` and one entry here; its file is loaded when the measure is first used.
 */

import type { Watch } from '../base/watch.ts'
import type { TensorOf } from '../graph/types.ts'
import type { Layout } from '../pictures/layout.ts'
import type { Explainer, Explanation } from './explain.ts'
import type { PixelRelevance } from './heatMap.ts'
import type { EfficientParameterRandomisationOptions } from './measures/efficientParameterRandomisation.ts'
import type { Explained } from './measures/explained.ts'
import type { FillOptions } from './measures/fills.ts'
import type { Finding } from './measures/finding.ts'
import type { Mask } from './measures/mask.ts'
import type { MaxSensitivityOptions } from './measures/maxSensitivity.ts'
import type {
  ParameterRandomisationOptions,
  SmoothParameterRandomisationOptions,
} from './measures/parameterRandomisation.ts'
import type { Perturbation } from './measures/perturbation.ts'
import type { PixelFlippingOptions } from './measures/pixelFlipping.ts'
import type { RandomLogitOptions } from './measures/randomLogit.ts'
import type { RegionPerturbationOptions } from './measures/regionPerturbation.ts'
import type { RelevanceMassAccuracyOptions } from './measures/relevanceMassAccuracy.ts'
import type { TopKOptions } from './measures/topK.ts'
import type { Running, ScoresOf } from './methods/program.ts'
import type { OptionTable } from './options.ts'
import type { Target } from './target.ts'

/** The arguments of a measure, by what it needs. */
interface Signatures<Options> {
  /** A map alone. */
  map: (map: PixelRelevance) => number
  /** A map, and where it should have its relevance. */
  mask: (map: PixelRelevance, mask: Mask, options?: Partial<Options>) => number
  /** Two maps of the same size. */
  maps: (one: PixelRelevance, other: PixelRelevance, options?: Partial<Options>) => number
  /** The scores of a network, a picture [1, channels, height, width], its target, and its map. */
  scores: (
    scoresOf: ScoresOf,
    input: TensorOf<'float32'>,
    target: Float32Array,
    map: PixelRelevance,
    options?: Partial<Options> & Running,
  ) => Promise<Perturbation>
  /** An explanation with its conservation report. */
  conservation: (explanation: Explanation) => Finding
  /** A loaded explainer, and an input. */
  explainer: (
    explainer: Explainer,
    input: TensorOf<'float32'>,
    target: Target,
    options?: Partial<Options> & Watch & { readonly layout?: Layout },
  ) => Promise<Finding>
  /** A network and how to explain it, since other networks are derived from it; and an input. */
  network: (
    explained: Explained,
    input: TensorOf<'float32'>,
    target: Target,
    options?: Partial<Options> & Watch,
  ) => Promise<Finding>
}

/** What a measure may need. */
export type MeasureNeeds = keyof Signatures<unknown>

/** Which values are better: `one` for a share that should be near 1; `neither` where a measure only describes. */
export type Better = 'higher' | 'lower' | 'one' | 'neither'

/** What can be known about a measure without loading its code. */
export interface MeasureEntry<Needs extends MeasureNeeds, Options> {
  readonly title: string
  /** The paper that it is from. */
  readonly source: string
  /** What can be set, with defaults and ranges. */
  readonly options: OptionTable<Options>
  readonly needs: Needs
  readonly better: Better
  /** Loads its code. */
  readonly load: () => Promise<Signatures<Options>[Needs]>
}

const ARRAS =
  'Arras, Osman and Samek 2022, CLEVR-XAI: A benchmark dataset for the ground truth evaluation of neural network explanations'
const ADEBAYO =
  'Adebayo, Gilmer, Muelly, Goodfellow, Hardt and Kim 2018, Sanity Checks for Saliency Maps, section 4'
const HEDSTROM = 'Hedström, Weber, Lapuschkin and Höhne 2024, A Fresh Look at Sanity Checks for Saliency Maps'
const SAMEK =
  'Samek, Binder, Montavon, Lapuschkin and Müller 2017, Evaluating the Visualization of What a Deep Neural Network Has Learned'

const K = {
  what: 'the most relevant pixels, as many as this',
  default: 1000,
  range: [1, Infinity],
  whole: true,
} as const
const SEED = { what: 'the same seed gives the same draws', default: 0 }
const FILL: OptionTable<FillOptions> = {
  fill: {
    what: 'what replaces pixels: a number, noise like the picture’s, the blurred picture, or what the surrounding pixels suggest (ROAD)',
    default: 'constant',
    choices: ['constant', 'normal', 'uniform', 'blur', 'linear'],
  },
  baseline: {
    what: 'the number for the fill constant, in all channels; 0 is the mean if the mean is subtracted',
    default: 0,
    range: [-Infinity, Infinity],
  },
  seed: SEED,
}
const SIMILARITY = {
  what: 'how maps are compared: structural similarity, or Spearman’s rank correlation',
  default: 'ssim',
  choices: ['ssim', 'rank'],
} as const
const RANDOMISATION: OptionTable<ParameterRandomisationOptions> = {
  order: {
    what: 'one more layer each time, from the output down, or one layer alone each time',
    default: 'cascade',
    choices: ['cascade', 'independent'],
  },
  similarity: SIMILARITY,
  seed: SEED,
}

/** All measures, by the names that people type. */
export const MEASURES = {
  'mass-accuracy': {
    title: 'Relevance mass accuracy',
    source: ARRAS,
    options: {
      absolute: {
        what: 'whether relevance against the class counts like relevance for it',
        default: false,
        choices: [false, true],
      },
    },
    needs: 'mask',
    better: 'higher',
    load: async () => (await import('./measures/relevanceMassAccuracy.ts')).relevanceMassAccuracy,
  } satisfies MeasureEntry<'mask', RelevanceMassAccuracyOptions>,
  'rank-accuracy': {
    title: 'Relevance rank accuracy',
    source: ARRAS,
    options: {},
    needs: 'mask',
    better: 'higher',
    load: async () => (await import('./measures/relevanceRankAccuracy.ts')).relevanceRankAccuracy,
  } satisfies MeasureEntry<'mask', object>,
  'pointing-game': {
    title: 'Pointing game',
    source:
      'Zhang, Bargal, Lin, Brandt, Shen and Sclaroff 2018, Top-Down Neural Attention by Excitation Backprop',
    options: {},
    needs: 'mask',
    better: 'higher',
    load: async () => (await import('./measures/pointingGame.ts')).pointingGame,
  } satisfies MeasureEntry<'mask', object>,
  'top-k-intersection': {
    title: 'Top-k intersection',
    source: 'Theiner, Müller-Budack and Ewerth 2022, Interpretable Semantic Photo Geolocation',
    options: { k: K },
    needs: 'mask',
    better: 'higher',
    load: async () => (await import('./measures/topKIntersection.ts')).topKIntersection,
  } satisfies MeasureEntry<'mask', TopKOptions>,
  'roc-area': {
    title: 'Area under the ROC curve',
    source: 'Fawcett 2006, An introduction to ROC analysis',
    options: {},
    needs: 'mask',
    better: 'higher',
    load: async () => (await import('./measures/rocArea.ts')).rocArea,
  } satisfies MeasureEntry<'mask', object>,
  sparseness: {
    title: 'Sparseness (Gini index)',
    source:
      'Chalasani, Chen, Chowdhury, Jha and Wu 2020, Concise Explanations of Neural Networks using Adversarial Training',
    options: {},
    needs: 'map',
    better: 'higher',
    load: async () => (await import('./measures/sparseness.ts')).sparseness,
  } satisfies MeasureEntry<'map', object>,
  complexity: {
    title: 'Complexity (entropy)',
    source: 'Bhatt, Weller and Moura 2020, Evaluating and Aggregating Feature-based Model Explanations',
    options: {},
    needs: 'map',
    better: 'lower',
    load: async () => (await import('./measures/complexity.ts')).complexity,
  } satisfies MeasureEntry<'map', object>,
  'half-area': {
    title: 'Area that carries half of the positive relevance',
    source: 'regard',
    options: {},
    needs: 'map',
    better: 'neither',
    load: async () => (await import('./measures/halfArea.ts')).halfArea,
  } satisfies MeasureEntry<'map', object>,
  'largest-region': {
    title: 'Largest connected region',
    source: 'regard',
    options: {},
    needs: 'map',
    better: 'neither',
    load: async () => (await import('./measures/largestRegion.ts')).largestRegion,
  } satisfies MeasureEntry<'map', object>,
  'pixel-flipping': {
    title: 'Pixel flipping',
    source:
      'Bach, Binder, Montavon, Klauschen, Müller and Samek 2015, On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance Propagation',
    options: {
      steps: {
        what: 'how many steps it takes to remove all pixels',
        default: 50,
        range: [1, Infinity],
        whole: true,
      },
      ...FILL,
    },
    needs: 'scores',
    better: 'higher',
    load: async () => (await import('./measures/pixelFlipping.ts')).pixelFlipping,
  } satisfies MeasureEntry<'scores', PixelFlippingOptions>,
  'region-perturbation': {
    title: 'Region perturbation',
    source: `${SAMEK}, equations 8 to 12`,
    options: {
      region: { what: 'side of a region, in pixels', default: 9, range: [1, Infinity], whole: true },
      steps: {
        what: 'how many regions to remove, one in each step',
        default: 100,
        range: [1, Infinity],
        whole: true,
      },
      ...FILL,
    },
    needs: 'scores',
    better: 'higher',
    load: async () => (await import('./measures/regionPerturbation.ts')).regionPerturbation,
  } satisfies MeasureEntry<'scores', RegionPerturbationOptions>,
  'parameter-randomisation': {
    title: 'Model-parameter randomisation',
    source: ADEBAYO,
    options: RANDOMISATION,
    needs: 'network',
    better: 'lower',
    load: async () => (await import('./measures/parameterRandomisation.ts')).parameterRandomisation,
  } satisfies MeasureEntry<'network', ParameterRandomisationOptions>,
  'smooth-parameter-randomisation': {
    title: 'Smooth model-parameter randomisation',
    source: HEDSTROM,
    options: {
      ...RANDOMISATION,
      samples: { what: 'noisy copies of the input', default: 50, range: [1, Infinity], whole: true },
      noise: {
        what: 'standard deviation of the noise, as a share of the input’s range',
        default: 0.1,
        range: [0, Infinity],
      },
    },
    needs: 'network',
    better: 'lower',
    load: async () => (await import('./measures/parameterRandomisation.ts')).smoothParameterRandomisation,
  } satisfies MeasureEntry<'network', SmoothParameterRandomisationOptions>,
  'efficient-parameter-randomisation': {
    title: 'Efficient model-parameter randomisation',
    source: HEDSTROM,
    options: { seed: SEED },
    needs: 'network',
    better: 'higher',
    load: async () =>
      (await import('./measures/efficientParameterRandomisation.ts')).efficientParameterRandomisation,
  } satisfies MeasureEntry<'network', EfficientParameterRandomisationOptions>,
  'random-logit': {
    title: 'Random logit',
    source: 'Sixt, Granz and Landgraf 2020, When Explanations Lie: Why Many Modified BP Attributions Fail',
    options: { similarity: SIMILARITY, seed: SEED },
    needs: 'explainer',
    better: 'lower',
    load: async () => (await import('./measures/randomLogit.ts')).randomLogit,
  } satisfies MeasureEntry<'explainer', RandomLogitOptions>,
  'max-sensitivity': {
    title: 'Max-sensitivity',
    source:
      'Yeh, Hsieh, Suggala, Inouye and Ravikumar 2019, On the (In)fidelity and Sensitivity of Explanations',
    options: {
      samples: { what: 'inputs to draw', default: 50, range: [1, Infinity], whole: true },
      radius: {
        what: 'how far each number may be from the input’s, as a share of the input’s range',
        default: 0.02,
        range: [0, Infinity],
      },
      seed: SEED,
    },
    needs: 'explainer',
    better: 'lower',
    load: async () => (await import('./measures/maxSensitivity.ts')).maxSensitivity,
  } satisfies MeasureEntry<'explainer', MaxSensitivityOptions>,
  completeness: {
    title: 'Completeness',
    source:
      'Bach, Binder, Montavon, Klauschen, Müller and Samek 2015, On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance Propagation, equation 2',
    options: {},
    needs: 'conservation',
    better: 'one',
    load: async () => (await import('./measures/completeness.ts')).completeness,
  } satisfies MeasureEntry<'conservation', object>,
  'rank-correlation': {
    title: 'Spearman’s rank correlation of two maps',
    source: ADEBAYO,
    options: {},
    needs: 'maps',
    better: 'neither',
    load: async () => (await import('./measures/rankCorrelation.ts')).rankCorrelation,
  } satisfies MeasureEntry<'maps', object>,
  'structural-similarity': {
    title: 'Structural similarity of two maps',
    source:
      'Wang, Bovik, Sheikh and Simoncelli 2004, Image Quality Assessment: From Error Visibility to Structural Similarity, equations 13 to 17',
    options: {},
    needs: 'maps',
    better: 'neither',
    load: async () => (await import('./measures/structuralSimilarity.ts')).structuralSimilarity,
  } satisfies MeasureEntry<'maps', object>,
  'top-k-overlap': {
    title: 'Top-k overlap of two maps',
    source: 'Ghorbani, Abid and Zou 2019, Interpretation of Neural Networks Is Fragile',
    options: { k: K },
    needs: 'maps',
    better: 'neither',
    load: async () => (await import('./measures/topKOverlap.ts')).topKOverlap,
  } satisfies MeasureEntry<'maps', TopKOptions>,
}

/** The name of a measure. */
export type MeasureName = keyof typeof MEASURES
