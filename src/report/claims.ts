/** What Lapuschkin et al. 2017 found, as differences that a study's files can show. */

import { type NetworkName, networks } from '../networks/index.ts'
import type { Run } from '../study/record.ts'
import { alignmentsIn, ownTest, type StartKind, swappedTest, type TrainingPhotos } from '../study/setting.ts'
import type { Cell, Study } from './cells.ts'
import { gainOf, type Pair, pairsOf } from './comparisons.ts'
import { type Contrast, type ContrastTerm, contrastOf } from './contrast.ts'

/** A finding of the paper: all of its parts must be greater than 0. */
export interface Claim {
  readonly id: string
  /** What the paper found, in our words. */
  readonly claim: string
  readonly parts: (study: Study) => ClaimPart[]
}

/** One difference, on all cells that can show it; the claim has it greater than 0. */
export interface ClaimPart {
  /** What is set against what. */
  readonly name: string
  /** What the values are: faces that are counted, in points of accuracy, or measures of heat maps. */
  readonly unit: Unit
  readonly contrasts: readonly Contrast[]
}

/** `points` of accuracy; a `region` in per cent of the picture; Moran's `I`. */
export type Unit = 'points' | 'region' | 'I'

export const CLAIMS: readonly Claim[] = [
  {
    id: 'rotation-over-affine',
    claim:
      'Networks do better on photos that are only rotated than on photos that are fitted to a reference face.',
    parts: (study) => [counted(study, '[r] over [i]', preprocessed(study, 'i', 'r'))],
  },
  {
    id: 'mixed-best',
    claim: 'Networks that are trained on both kinds of photos do best.',
    parts: (study) => [
      counted(study, '[m] over [r]', preprocessed(study, 'r', 'm')),
      counted(study, '[m] over [i]', preprocessed(study, 'i', 'm')),
    ],
  },
  {
    id: 'deeper-better',
    claim: 'Deeper networks do better: AdienceNet, CaffeNet, GoogLeNet, VGG-16, in this order.',
    parts: (study) => {
      const pairs = paperPairs(study, 'network').filter(({ neighbours }) => neighbours)
      const names = Object.keys(networks) as NetworkName[]
      return names.flatMap((a) =>
        names.map((b) =>
          counted(
            study,
            `${networks[b].title} over ${networks[a].title}`,
            pairs.filter((pair) => pair.a.network === a && pair.b.network === b),
          ),
        ),
      )
    },
  },
  {
    id: 'pretraining-helps',
    claim:
      'Networks that start from ImageNet’s weights do better than from random ones, for gender and, but for CaffeNet, for age.',
    parts: (study) => {
      const pairs = started(study, 'random', 'imagenet')
      const of = (task: Run['task']) =>
        pairs.filter(({ a }) => a.task === task && !(task === 'age' && a.network === 'caffenet'))
      return [
        counted(study, 'gender, ImageNet’s weights over random ones', of('gender')),
        counted(study, 'age, ImageNet’s weights over random ones', of('age')),
      ]
    },
  },
  {
    id: 'caffenet-age',
    claim: 'CaffeNet reads age better from random weights than from ImageNet’s.',
    parts: (study) => [
      counted(
        study,
        'random weights over ImageNet’s',
        started(study, 'random', 'imagenet')
          .filter(({ a }) => a.task === 'age' && a.network === 'caffenet')
          .map(({ a, b, ...rest }) => ({ a: b, b: a, ...rest })),
      ),
    ],
  },
  {
    id: 'imdb-wiki-for-age',
    claim:
      'For age, weights that were trained on IMDB-WIKI, which has faces and ages, are a better start than ImageNet’s.',
    parts: (study) => [
      counted(
        study,
        'IMDB-WIKI’s weights over ImageNet’s',
        started(study, 'imagenet', 'imdb-wiki').filter(({ a }) => a.task === 'age'),
      ),
    ],
  },
  {
    id: 'alignment-matters',
    claim: 'Networks lose on photos that are aligned in another way than those they were trained on.',
    parts: (study) =>
      (['i', 'r'] as const).map((photos) => ({
        name: `[${photos}] networks, own photos over the other kind`,
        unit: 'points',
        contrasts: swapped(study)
          .filter(({ setting }) => setting.photos === photos)
          .map((cell) => contrastOf(study, lossTerms(cell))),
      })),
  },
  {
    id: 'rotation-loses-less',
    claim:
      'Networks that are trained on rotated photos lose less on the other kind than those on fitted photos do.',
    parts: (study) => [lossPart(study, 'loss of [i] over loss of [r]', preprocessed(study, 'i', 'r'))],
  },
  {
    id: 'pretraining-mends-alignment',
    claim:
      'Pretraining makes up for the wrong alignment: networks from ImageNet’s weights lose less than from random ones.',
    parts: (study) => [
      lossPart(
        study,
        'loss from random weights over loss from ImageNet’s',
        started(study, 'random', 'imagenet'),
      ),
    ],
  },
  {
    id: 'pretraining-regions',
    claim: 'Networks that start from ImageNet’s weights look at larger and more coherent regions.',
    parts: (study) => {
      const pairs = started(study, 'random', 'imagenet')
      return [
        { name: 'largest region of a heat map', unit: 'region', contrasts: mapped(pairs, 'region') },
        { name: 'autocorrelation of a heat map', unit: 'I', contrasts: mapped(pairs, 'autocorrelation') },
      ]
    },
  },
]

/** The pairs of the paper's two tasks. */
function paperPairs(study: Study, kind: Parameters<typeof pairsOf>[1]): Pair[] {
  return pairsOf(study, kind).filter(({ a }) => a.task !== 'years')
}

function preprocessed(study: Study, a: TrainingPhotos, b: TrainingPhotos): Pair[] {
  const of = ({ setting }: Cell) => setting.photos
  return paperPairs(study, 'preprocessing').filter((pair) => of(pair.a) === a && of(pair.b) === b)
}

function started(study: Study, a: StartKind, b: StartKind): Pair[] {
  const of = ({ setting }: Cell) => setting.start
  return paperPairs(study, 'start').filter((pair) => of(pair.a) === a && of(pair.b) === b)
}

/** How much oftener the second of each pair is right. */
function counted(study: Study, name: string, pairs: readonly Pair[]): ClaimPart {
  return { name, unit: 'points', contrasts: pairs.map((pair) => gainOf(study, pair)) }
}

/** The cells trained on one kind of photos and tested on both, of the paper's tasks. */
function swapped({ cells }: Study): Cell[] {
  return cells.filter(
    ({ task, setting, tests }) =>
      task !== 'years' && setting.photos !== 'm' && alignmentsIn(tests).length === 2,
  )
}

/** What a cell has right on its own photos and not on the others, less the reverse. */
function lossTerms(cell: Cell): ContrastTerm[] {
  return [
    { cell, alignment: ownTest(cell.setting), sign: 1 },
    { cell, alignment: swappedTest(cell.setting), sign: -1 },
  ]
}

/** How much more the first of each pair loses than the second. */
function lossPart(study: Study, name: string, pairs: readonly Pair[]): ClaimPart {
  const cells = swapped(study)
  const turned = (terms: ContrastTerm[]) =>
    terms.map((term) => ({ ...term, sign: term.sign === 1 ? -1 : 1 }) as ContrastTerm)
  return {
    name,
    unit: 'points',
    contrasts: pairs
      .filter(({ a, b }) => cells.includes(a) && cells.includes(b))
      .map(({ a, b }) => contrastOf(study, [...lossTerms(a), ...turned(lossTerms(b))])),
  }
}

/**
 * How much greater a measure is of the second's map of the true class than of the first's, for each photo that both have
 * a map of. Each photo is taken as of a person of its own: they are few.
 */
function mapped(pairs: readonly Pair[], measure: 'region' | 'autocorrelation'): Contrast[] {
  const of = (cell: Cell) =>
    cell.runs.flatMap(({ run, maps }) =>
      maps.map(({ face, truth, classes }) => ({
        face,
        fold: run.fold,
        value: classes[truth]?.coherence?.[measure],
      })),
    )
  return pairs.map(({ a, b }) => {
    const before = new Map(of(a).map(({ face, value }) => [face, value]))
    return of(b).flatMap(({ face, fold, value }) => {
      const other = before.get(face)
      return value === undefined || other === undefined ? [] : [{ subject: face, fold, value: value - other }]
    })
  })
}
