/**
 * The card of a model: the file `NAME.card.yaml` beside `NAME.onnx` (or `NAME.caffemodel`, `NAME.json`), which says how
 * a photo becomes the network's input, what its answers mean, and where it comes from.
 *
 * A card may leave out whatever the model says itself, is given elsewhere, or is not needed.
 */

import { stringify } from 'yaml'
import * as z from 'zod/mini'
import { parseYaml } from '../base/yaml.ts'
import { FITS } from '../pictures/fit.ts'
import { CHANNELS, LAYOUTS } from '../pictures/layout.ts'
import { schemas } from '../rules/composites/composite.ts'
import { composites } from '../rules/composites/presets.ts'

const count = z.int().check(z.positive())
const word = z.string().check(z.minLength(1))
// No slashes: a card from a stranger must not be able to name files elsewhere.
const FILE_NAME = /^[^/\\]+$/
const MEAN =
  'must be one number, one for each channel, or the name of an .npy or .binaryproto file beside the card'
const SCALE = 'must be one number or one for each channel, none of them 0'
const CLASSES = 'must be a list of names, or the name of a text file beside the card with one name per line'
const PICTURE = 'must be a whole number of pixels, or [height, width]'

const ALIGNMENT =
  'must be r, i, or a window around the box of a face: { box: 1.4 }, its side in sides of the box, or { box: [width, height] }'

const side = z.number().check(z.positive())
const names = z.array(z.coerce.string().check(z.minLength(1))).check(z.minLength(1))
const ages = z.array(z.number().check(z.minimum(0)))

/** One of several outputs. */
const answerSchema = z.strictObject({
  output: word,
  /** `age` (groups), `gender`, `years` (an age for each class, or one number), or anything else. */
  task: z.optional(word),
  classes: z.optional(names),
  ages: z.optional(ages),
  /** Whether the output is one number that is the probability of the second class, not a logit. */
  plain: z.optional(z.boolean()),
})

const factor = z.number().check(z.refine((value) => value !== 0, SCALE))

const inputSchema = z
  .strictObject({
    name: z.optional(word),
    /** Height and width of what the network sees, in pixels, where they are equal. */
    size: z.optional(count),
    height: z.optional(count),
    width: z.optional(count),
    layout: z.optional(z.enum(LAYOUTS)),
    /** The order of the channels. */
    channels: z.optional(z.enum(CHANNELS)),
    /** value = (pixel − mean) · scale, for pixels from 0 to 255; one number, or one for each channel in order. */
    scale: z.optional(z.union([factor, z.array(factor).check(z.minLength(1))], SCALE)),
    /** One number, one for each channel in order, or a mean picture: the name of a file beside the card. */
    mean: z.optional(
      z.union(
        [
          z.number(),
          z.array(z.number()).check(z.minLength(1)),
          z.string().check(z.regex(/^[^/\\]+\.(npy|binaryproto)$/, MEAN)),
        ],
        MEAN,
      ),
    ),
  })
  .check(
    z.refine(({ height, width }) => (height === undefined) === (width === undefined), {
      path: ['height'],
      error: 'and width belong together: give both, or size alone',
    }),
    z.refine(({ size, height }) => size === undefined || height === undefined, {
      path: ['size'],
      error: 'means height and width: give either it or both of them',
    }),
  )

const schema = z
  .strictObject({
    network: z.optional(word),
    task: z.optional(word),
    /** The names of the answers in order: a list, or the name of a text file with one on each line. */
    classes: z.optional(z.union([names, z.string().check(z.regex(FILE_NAME, CLASSES))], CLASSES)),
    /** For ages in years: the age that each class stands for, where its name is not that age. */
    ages: z.optional(ages),
    /** The output with a logit or probability for each class. */
    output: z.optional(word),
    /**
     * Instead of `output`, `task`, `classes` and `ages`, for a network that answers several questions: each of these.
     */
    answers: z.optional(z.array(answerSchema).check(z.minLength(1))),
    input: z.optional(inputSchema),
    /**
     * Side (or height and width), in pixels, of the picture that a photo becomes before the input is cut from its
     * centre.
     */
    picture: z.optional(z.union([count, z.tuple([count, count])], PICTURE)),
    fit: z.optional(z.enum(FITS)),
    /** How faces are cut out: `r` rotated, `i` in-plane, or an upright window around the detector's box. */
    alignment: z.optional(
      z.union(
        [
          z.enum(['r', 'i']),
          z.strictObject({ box: z.union([side, z.tuple([side, side])]), down: z.optional(z.number()) }),
        ],
        ALIGNMENT,
      ),
    ),
    /** The composite that the network is explained with: one of regard's by its name, or the rules themselves. */
    composite: z.optional(
      z.union([
        z.enum(Object.keys(composites) as (keyof typeof composites)[]),
        schemas.relevance,
        schemas.gradient,
      ]),
    ),
    trainedOn: z.optional(
      z.strictObject({
        dataset: word,
        /** The alignment of the photos it was trained on: `r`, `i`, or `m` for both. */
        setting: word,
        /** The fold that was kept for testing, counted from 0. */
        fold: z.int().check(z.minimum(0)),
        /** How many folds there are. */
        folds: z.optional(z.int().check(z.minimum(2))),
        /** Copies of a photo were put into any folds, not together into one. */
        repeated: z.optional(z.literal('anywhere')),
        seed: z.union([z.string(), z.int()]),
        iterations: count,
        /** The list of its photos, a file beside the card: see `evaluation/seen.ts`. */
        photos: z.optional(
          z.string().check(z.regex(/^[^/\\]+\.npy$/, 'must be the name of an .npy file beside the card')),
        ),
      }),
    ),
  })
  .check(
    z.refine(
      ({ picture, input }) =>
        [picture ?? []]
          .flat()
          .every((side, k) => side >= (input?.size ?? (k === 0 ? input?.height : input?.width) ?? 0)),
      { path: ['picture'], error: "must be at least as large as the network's input, which is cut from it" },
    ),
    z.refine(
      ({ answers, ...card }) =>
        !answers ||
        !(['output', 'task', 'classes', 'ages'] as const).some((field) => card[field] !== undefined),
      { path: ['answers'], error: 'replace output, task, classes and ages: give one or the other' },
    ),
  )

/** A card as read from its file. */
export type Card = z.infer<typeof schema>

/**
 * Read a card.
 *
 * @param text the YAML
 * @param where the name of its file, for messages
 * @throws UserError naming file, line and field of everything that is wrong
 */
export function parseCard(text: string, where: string): Card {
  return parseYaml(text, where, schema)
}

/** A card as YAML. */
export function formatCard(card: Card): string {
  return stringify(card, { flowCollectionPadding: false, lineWidth: 0 })
}
