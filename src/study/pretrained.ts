/** The trained weights that a network of a plan starts from. */

import { z } from 'zod'
import { UsageError } from '../base/errors.ts'
import type { NetworkName } from '../networks/index.ts'
import { publishedFor } from '../networks/zoo.ts'
import { TRAINED_KINDS } from './setting.ts'
import { cachedPath } from './weightsCache.ts'

const START = 'must be random, imagenet, imdb-wiki, or { weights: FILE, … }'
/** Kinds of which the weights of some networks are published. */
const PUBLISHED: readonly unknown[] = ['imagenet', 'imdb-wiki']

/** As in a plan: `random`, a kind with published weights, or the fields of a file. */
export const start = z.preprocess(
  (item) => (item === 'random' ? undefined : PUBLISHED.includes(item) ? { kind: item } : item),
  z
    .strictObject(
      {
        /** A `.caffemodel`, an `.onnx` model or a checkpoint; by default the kind's published file. */
        weights: z.string().min(1).optional(),
        /** What they were trained on. */
        kind: z.enum(TRAINED_KINDS).default('other'),
        /** How many times faster the layers that start random learn than the others. */
        freshRate: z.number().positive().default(10),
        /** Layers that are not trained, by name or the first part of it. */
        frozen: z.array(z.string().min(1)).min(1).optional(),
      },
      { error: ({ code }) => (code === 'invalid_type' ? START : undefined) },
    )
    .optional(),
)

/** Weights that may not name their file yet. */
type UnresolvedWeights = NonNullable<z.output<typeof start>>

/** Check that a start names its file, or that one is published for the network at this width. */
export function requireFile(
  network: NetworkName,
  width: number,
  { weights, kind }: UnresolvedWeights,
  complain: (path: string[], message: string) => void,
): void {
  if (weights !== undefined) return
  if (kind === 'other') complain(['start', 'weights'], 'is missing: the file to start from')
  else if (!publishedFor(network, kind)) {
    complain(
      ['start'],
      `names no file, and there are no published weights of ${network} trained on ${kind}: give { weights: FILE, kind: ${kind} }`,
    )
  } else if (width !== 1) {
    complain(['width'], `must be 1 to start from published weights, not ${width}`)
  }
}

/** A start with its file: one that names none takes the published file in the cache. */
export function withFile(network: NetworkName, { weights, ...rest }: UnresolvedWeights) {
  if (weights !== undefined) return { ...rest, weights, published: undefined }
  const published = publishedFor(network, rest.kind)!
  return { ...rest, weights: cachedPath(published), published }
}

/** Trained weights that a network starts from; `published` where regard fetches them. */
export type PretrainedWeights = ReturnType<typeof withFile>

/**
 * Parse a start from a command line: `random`, a kind with published weights, a file, or `KIND:FILE`.
 *
 * @throws UsageError where no such weights are published
 */
export function parseStart(text: string, network: NetworkName, width: number): PretrainedWeights | undefined {
  const [, kind, weights] = /^(imagenet|imdb-wiki)(?::(.+))?$/.exec(text) ?? []
  const given = start.parse(kind ? { kind, weights } : text === 'random' ? text : { weights: text })
  if (!given) return undefined
  requireFile(network, width, given, (path, message) => {
    throw new UsageError(`--${path.at(-1)} ${message}`)
  })
  return withFile(network, given)
}
