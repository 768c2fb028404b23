/** Which part of a data set a command takes: all of it, or the faces that a network has not seen in training. */

import { UsageError } from '../base/errors.ts'
import type { Fold } from '../evaluation/evaluate.ts'
import type { Model } from '../models/model.ts'
import { foldFrom } from './data.ts'

/** The flags about the fold. */
export interface FoldFlags {
  readonly fold?: Pick<Fold, 'fold' | 'of'>
  readonly seed?: string
}

/** `--fold`, and what it means. */
export const FOLD = [
  '--fold <k/n>',
  'use only fold k of n (from 0), divided as in a study: the faces that a network of this fold has not seen',
  foldFrom,
] as const

/** `--seed` beside it. */
export const SEED = [
  '--seed <text>',
  'the seed that decides which fold a face is in (default: from the card)',
] as const

/** The part of a data set to use. A model can only have seen faces of the data that it was trained on. */
export function foldOf({ path, card }: Model, { fold, seed }: FoldFlags, kind: string): Fold | undefined {
  if (!fold || (card.trainedOn && card.trainedOn.dataset !== kind)) return undefined
  const dealt = seed ?? card.trainedOn?.seed
  if (dealt === undefined) {
    throw new UsageError('its card does not give the seed of the folds', path, 'Give it with --seed')
  }
  const repeated = card.trainedOn?.repeated
  return { ...fold, seed: dealt, ...(repeated && { repeated }) }
}
