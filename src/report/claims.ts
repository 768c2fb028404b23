/** What Lapuschkin et al. 2017 found, as differences that a study's files can show. */

import { CLASSES, type Gender } from '../datasets/task.ts'
import { type NetworkName, networks } from '../networks/index.ts'
import type { Run } from '../study/record.ts'
import { alignmentsIn, ownTest, type StartKind, swappedTest, type TrainingPhotos } from '../study/setting.ts'
import type { Cell, Study } from './cells.ts'
import { gainOf, type Pair, pairsOf } from './comparisons.ts'
import { type Contrast, type ContrastTerm, contrastOf, type TwoKinds } from './contrast.ts'
import { headParts, LOWER, shareOn, UPPER } from './headParts.ts'
import { type Profiled, type ProfileMeasure, profiled } from './profiled.ts'

/** A finding of the paper: all of its parts must be greater than 0. */
export interface Claim {
  readonly id: string
  /** What the paper found, in our words. */
  readonly claim: string
  readonly parts: (study: Study) => ClaimPart[]
  /** What a study needs to show it, unless two runs are enough. */
  readonly needs?: string
}

/** One difference, on all cells that can show it; the claim is that it is greater than 0. */
export type ClaimPart = {
  /** What is compared. */
  readonly name: string
  /** What the values are: counts of faces, in points of accuracy, or measures of heat maps. */
  readonly unit: Unit
} & (
  | {
      /** Differences on the same faces, between two cells. */
      readonly contrasts: readonly Contrast[]
    }
  | {
      /** Faces of two kinds, in one cell. */
      readonly kinds: readonly TwoKinds[]
    }
)

/** `points` of accuracy; a share of the `picture`; a share of what speaks for the class, the `relevance`; Moran's `I`; `Gini`'s. */
export type Unit = 'points' | 'picture' | 'relevance' | 'I' | 'Gini'

export const CLAIMS: readonly Claim[] = [
  {
    id: 'rotation-over-affine',
    claim: 'Networks do better on photos that are only rotated than on photos fitted to a reference face.',
    parts: (study) => [counted(study, '[r] over [i]', preprocessed(study, 'i', 'r'))],
  },
  {
    id: 'mixed-best',
    claim: 'Networks trained on both kinds of photos do best.',
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
      'Networks that start from ImageNet’s weights do better than those that start from random weights, for gender and, except for CaffeNet, for age.',
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
    claim: 'Networks lose accuracy on photos that are aligned differently from those they were trained on.',
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
      'Networks trained on rotated photos lose less on the other kind than networks trained on fitted photos.',
    parts: (study) => [lossPart(study, 'loss of [i] over loss of [r]', preprocessed(study, 'i', 'r'))],
  },
  {
    id: 'pretraining-mends-alignment',
    claim:
      'Pretraining makes up for the wrong alignment: networks that start from ImageNet’s weights lose less than those from random weights.',
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
    claim:
      'Networks that start from ImageNet’s weights look at larger and more coherent regions, and less beside the face.',
    parts: (study) => {
      const pairs = started(study, 'random', 'imagenet')
      return [
        { name: 'largest region of a heat map', unit: 'picture', contrasts: mapped(pairs, 'region') },
        { name: 'autocorrelation of a heat map', unit: 'I', contrasts: mapped(pairs, 'autocorrelation') },
        {
          name: 'relevance on the head',
          unit: 'relevance',
          contrasts: gained(pairs, (face, parts) => shareOn(face, parts, headParts(parts))),
        },
      ]
    },
  },
  {
    id: 'females-above-males-below',
    claim:
      'Networks recognise female faces mainly by the hairline and the eyes, and male faces by the bottom half of the face.',
    needs: 'To test this, give networks for gender a profile (explain.profile in the plan).',
    parts: ({ cells }) => {
      const own = cells.filter(({ task, profiles }) => task === 'gender' && profiles.length > 0)
      const between = (a: Gender, b: Gender, wanted: readonly string[]) =>
        own.map((cell): TwoKinds => {
          const values = profiled(cell, (face, parts) => shareOn(face, parts, wanted))
          const of = (gender: Gender) =>
            values.filter(({ explained }) => explained === CLASSES.gender.indexOf(gender))
          return { a: of(a), b: of(b) }
        })
      return [
        {
          name: 'hair, forehead, brows and eyes, females over males',
          unit: 'relevance',
          kinds: between('f', 'm', UPPER),
        },
        {
          name: 'cheeks, mouth and jaw, males over females',
          unit: 'relevance',
          kinds: between('m', 'f', LOWER),
        },
      ]
    },
  },
  {
    id: 'caffenet-isolated',
    claim: 'CaffeNet looks at isolated aspects of a face, GoogLeNet and VGG-16 at more of it.',
    needs: 'To test this, profile CaffeNet and GoogLeNet or VGG-16 (explain.profile in the plan).',
    parts: (study) => {
      const pairs = paperPairs(study, 'network').filter(
        ({ a, b }) => a.network === 'caffenet' && (b.network === 'googlenet' || b.network === 'vgg16'),
      )
      const turned = pairs.map(({ a, b, ...rest }) => ({ a: b, b: a, ...rest }))
      return [
        {
          name: 'Gini index of a heat map, CaffeNet over the deeper ones',
          unit: 'Gini',
          contrasts: gained(turned, ({ sparseness }) => sparseness),
        },
        {
          name: 'area that carries half of what speaks for the class, the deeper ones over CaffeNet',
          unit: 'picture',
          contrasts: gained(pairs, ({ halfArea }) => halfArea),
        },
        {
          name: 'largest region of a heat map, the deeper ones over CaffeNet',
          unit: 'picture',
          contrasts: gained(pairs, ({ coherence }) => coherence.region),
        },
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

/** How much more often the second of each pair is right. */
function counted(study: Study, name: string, pairs: readonly Pair[]): ClaimPart {
  return { name, unit: 'points', contrasts: pairs.map((pair) => gainOf(study, pair)) }
}

/** The cells of the paper's tasks that were trained on one kind of photos and tested on both. */
function swapped({ cells }: Study): Cell[] {
  return cells.filter(
    ({ task, setting, tests }) =>
      task !== 'years' && setting.photos !== 'm' && alignmentsIn(tests).length === 2,
  )
}

/** What a cell has right only on its own photos, minus what it has right only on the others. */
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

/** How much greater a value is for the second's map than for the first's, for each face in both profiles. */
function gained(pairs: readonly Pair[], measure: ProfileMeasure): Contrast[] {
  return pairs.map(({ a, b }) => paired(profiled(a, measure), profiled(b, measure)))
}

/**
 * How much greater a measure is for the second's map of the true class than for the first's, face by face: on the faces
 * of their profiles, or, without profiles, on the photos that both have maps of. Each of these photos counts as a
 * separate person, as there are few of them.
 */
function mapped(pairs: readonly Pair[], measure: 'region' | 'autocorrelation'): Contrast[] {
  const of = (cell: Cell) =>
    cell.runs.flatMap(({ run, maps }) =>
      maps.flatMap(({ face, truth, classes }) => {
        const value = classes[truth]?.coherence?.[measure]
        return value === undefined ? [] : [{ face, subject: face, fold: run.fold, value }]
      }),
    )
  return pairs.map((pair) => {
    const [contrast] = gained([pair], ({ coherence }) => coherence[measure])
    return contrast!.length > 0 ? contrast! : paired(of(pair.a), of(pair.b))
  })
}

/** How much greater each face's value is in the second list. */
function paired(
  before: readonly Pick<Profiled, 'face' | 'value'>[],
  after: readonly Pick<Profiled, 'face' | 'subject' | 'fold' | 'value'>[],
): Contrast {
  const others = new Map(before.map(({ face, value }) => [face, value]))
  return after.flatMap(({ face, subject, fold, value }) => {
    const other = others.get(face)
    return other === undefined ? [] : [{ subject, fold, value: value - other }]
  })
}
