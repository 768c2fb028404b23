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

/** As a plan has it: `random`, a kind of which weights are published, or what is said of a file. */
export const start = z.preprocess(
  (item) => (item === 'random' ? undefined : PUBLISHED.includes(item) ? { kind: item } : item),
  z
    .strictObject(
      {
        /** A `.caffemodel`, an `.onnx` model or a checkpoint; the published file of the kind where it is not given. */
        weights: z.string().min(1).optional(),
        /** What they were trained on. */
        kind: z.enum(TRAINED_KINDS).default('other'),
        /** How many times faster than the others those layers learn that start random. */
        freshRate: z.number().positive().default(10),
        /** Layers that stay as they are, by name or by a first part of it. */
        frozen: z.array(z.string().min(1)).min(1).optional(),
      },
      { error: ({ code }) => (code === 'invalid_type' ? START : undefined) },
    )
    .optional(),
)

/** Weights that may not name their file yet. */
type UnresolvedWeights = NonNullable<z.output<typeof start>>

/** See that a start names its file, or that one is published for the network at this width. */
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

/** A start with the file that it means: one that names none takes what is published, as it lies in the cache. */
export function withFile(network: NetworkName, { weights, ...rest }: UnresolvedWeights) {
  if (weights !== undefined) return { ...rest, weights, published: undefined }
  const published = publishedFor(network, rest.kind)!
  return { ...rest, weights: cachedPath(published), published }
}

/** Trained weights that a network starts from; `published` where it is for regard to fetch them. */
export type PretrainedWeights = ReturnType<typeof withFile>

/**
 * A start as a command line says it: `random`, a kind of which weights are published, a file, or `KIND:FILE`.
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
