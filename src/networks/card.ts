/**
 * The card of a trained network: what stands beside `NAME.onnx` as `NAME.card.yaml` and says how a photo
 * becomes the network's input, what its answers mean, and where it comes from.
 */

import { stringify } from 'yaml'
import { z } from 'zod'
import { parseYaml } from '../base/yaml.ts'
import { composites } from '../rules/composites/presets.ts'

const count = z.int().positive()
// No slashes: a card from a stranger must not be able to name files elsewhere.
const FILE_NAME = /^[^/\\]+\.npy$/
const MEAN = 'must be the name of an .npy file beside the card, or three numbers'

const schema = z
  .strictObject({
    network: z.string().min(1),
    task: z.string().min(1),
    /** What the answers are called in the data set that the network was trained on, in their order. */
    classes: z.array(z.coerce.string().min(1)).min(2),
    /** The output with a logit for each class. */
    output: z.string().min(1),
    input: z.strictObject({
      name: z.string().min(1),
      /** Side of the square that the network sees, in pixels. */
      size: count,
      layout: z.literal('NCHW'),
      channels: z.literal('BGR'),
      /** What a value from 0 to 255 is multiplied by after the mean is subtracted. */
      scale: z.literal(1),
      /** What is subtracted: a mean picture, as the name of an `.npy` file beside the card, or one number a channel. */
      mean: z.union([z.string().regex(FILE_NAME, MEAN), z.tuple([z.number(), z.number(), z.number()])], MEAN),
    }),
    /** Side of the aligned picture that the input is cut from, in pixels. */
    picture: count,
    /** How faces are aligned: `r` rotated, `i` in-plane. */
    alignment: z.enum(['r', 'i']),
    /** The composite that the network is explained with. */
    composite: z.enum(Object.keys(composites) as (keyof typeof composites)[]),
    trainedOn: z.strictObject({
      dataset: z.string().min(1),
      /** Which pictures: `r`, `i`, or `m` for both. */
      setting: z.string().min(1),
      /** The fold that was kept for testing. */
      fold: z.int().min(0),
      seed: z.union([z.string(), z.int()]),
      iterations: count,
    }),
  })
  .refine(({ picture, input }) => picture >= input.size, {
    path: ['picture'],
    message: 'must be at least as large as input.size, which is cut from it',
  })

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

/** Where the card of a model lies: `faces.onnx` → `faces.card.yaml`. */
export function cardPathOf(model: string): string {
  return `${model.replace(/\.onnx$/, '')}.card.yaml`
}
