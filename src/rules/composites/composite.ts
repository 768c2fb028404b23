/**
 * A composite says which rule each layer of a network gets. It is data: written in TypeScript (`presets.ts`) or
 * as a user's own YAML file (`read.ts`), checked by the schema below.
 */

import { z } from 'zod'
import type { LinearRule } from '../relevance/rule.ts'

/** The operators that are linear layers, bias aside, and so need a rule. Conv means transposed convolutions as well. */
const LINEAR = ['Conv', 'Gemm', 'MatMul'] as const

const name = z.string().min(1)
const count = z.int().positive()

/** Which linear layers an entry fits: those that meet all conditions that are given. */
const match = {
  /** Of these operators. */
  operators: z.array(z.enum(LINEAR)).min(1).optional(),
  /** With a name of this pattern, in which `*` stands for anything. */
  name: name.optional(),
  /** Of those, the first so many, counted from the input. */
  first: count.optional(),
  /** Of those, the last so many, counted from the output. */
  last: count.optional(),
  /** From the input up to the layer of this name (a pattern), which is included. */
  upTo: name.optional(),
  /**
   * Filters and kernel size of the network's first convolutions: the entry fits just these (with `first`, only the
   * first of them), in a network that begins with them. It is how `paper` knows VGG and GoogLeNet.
   */
  kernels: z
    .array(z.tuple([count, count]))
    .min(1)
    .optional(),
}

const matchSchema = z.strictObject(match)

/** What rules with a denominator have in common. */
const denominator = {
  /** Added to the denominator with its sign. */
  epsilon: z.number().min(0).default(0),
  /** Whether the bias is part of the denominator, and so takes a share that is not passed on. */
  bias: z.boolean().default(true),
}
/** One number, or one for each channel of the input. */
const level = z.union([z.number(), z.array(z.number()).min(1)])

const entry = z.discriminatedUnion('rule', [
  z.strictObject({ ...match, rule: z.literal('epsilon'), ...denominator, epsilon: z.number().min(0) }),
  z.strictObject({ ...match, rule: z.literal('simple'), bias: denominator.bias }),
  z
    .strictObject({
      ...match,
      rule: z.literal('alpha-beta'),
      alpha: z.number(),
      beta: z.number(),
      ...denominator,
    })
    .refine(({ alpha, beta }) => Math.abs(alpha + beta - 1) < 1e-6, {
      path: ['beta'],
      message: 'must be 1 − alpha: alpha and beta add up to 1 (the paper has 2 and −1)',
    }),
  z.strictObject({ ...match, rule: z.literal('z-plus'), ...denominator }),
  z.strictObject({ ...match, rule: z.literal('gamma'), gamma: z.number().min(0), ...denominator }),
  z.strictObject({
    ...match,
    rule: z.literal('z-box'),
    /** The lowest and the highest value that the layer's input can have; without them, those of the model's card. */
    low: level.optional(),
    high: level.optional(),
    epsilon: denominator.epsilon,
  }),
  z.strictObject({ ...match, rule: z.literal('w-square') }),
  z.strictObject({ ...match, rule: z.literal('flat') }),
])

const relevanceSchema = z.strictObject({
  name,
  method: z.literal('relevance').default('relevance'),
  /** What the walk starts with: the class's logit, or one. */
  start: z.enum(['logit', 'one']).default('logit'),
  /** The first entry that fits a linear layer counts. */
  layers: z.array(entry).min(1),
  /** Max pooling: the first maximum takes all; equal shares among the maxima; in proportion to the inputs. */
  maxPool: z.enum(['first', 'equal', 'proportional']).default('first'),
  /** Local response normalisation: passed on, or first-order Taylor (Binder et al. 2016). */
  lrn: z.enum(['pass', 'taylor']).default('pass'),
  /** Sums of branches (residual connections): in proportion to what each adds, or in equal shares. */
  add: z.enum(['proportional', 'equal']).default('proportional'),
  /** Batch normalisation that cannot be merged: in proportion to scale · x, or to its magnitude, or passed on whole. */
  batchNorm: z.enum(['proportional', 'magnitude', 'pass']).default('proportional'),
  /**
   * Constants in a sum (position embeddings, shifts) that are no layer's bias: they pass on what arrives, or keep their
   * share. The shift of a norm (LayerNorm and its kind) and position embeddings keep theirs always.
   */
  constants: z.enum(['pass', 'keep']).default('pass'),
  /**
   * Softmax inside the network: first-order Taylor (AttnLRP), or constant (CP-LRP), so that what reaches the answer
   * only through it gets nothing.
   */
  softmax: z.enum(['taylor', 'constant']).default('taylor'),
})

const gradientSchema = z.strictObject({
  name,
  method: z.literal('gradient'),
  /** How activations pass the gradient. */
  activation: z.enum(['gradient', 'guided-backprop', 'deconvnet']).default('gradient'),
  /** Whether the gradient is multiplied with the input at the end. */
  timesInput: z.boolean().default(false),
})

/**
 * An assignment of rules to layers, as people write it: what has a default may be left out. `method` is `relevance`
 * where it is not given.
 */
export type Composite =
  | (Omit<z.input<typeof relevanceSchema>, 'layers'> & {
      readonly layers: readonly (CompositeEntryInput | OwnRuleEntry)[]
    })
  | z.input<typeof gradientSchema>

/** A composite whose layers get relevance rules, complete. */
export type RelevanceComposite = Omit<z.output<typeof relevanceSchema>, 'layers'> & {
  readonly layers: readonly CompositeEntry[]
}

/** A composite of the gradient and its relatives, complete. */
export type GradientComposite = z.output<typeof gradientSchema>

/** An entry as people write it. */
export type CompositeEntryInput = z.input<typeof entry>

/** An entry with a rule that a program brings itself, in place of the name of one of regard's. */
export type OwnRuleEntry = z.input<typeof matchSchema> & { readonly rule: LinearRule }

/** An entry of a composite: which layers, and their rule. */
export type CompositeEntry = z.output<typeof entry> | OwnRuleEntry

/** The schemas of the two kinds, so that a file's mistakes are told in the words of the kind that it is. */
export const schemas = { relevance: relevanceSchema, gradient: gradientSchema }

/**
 * A composite with its defaults filled in.
 *
 * @throws ZodError when it is none
 */
export function completed(composite: Composite): RelevanceComposite | GradientComposite {
  if (composite.method === 'gradient') return gradientSchema.parse(composite)
  // The schema is that of files, which can hold no rules but those with names: it sees a name in place of others.
  const named = composite.layers.map((layer) => (isOwn(layer) ? { ...layer, rule: 'flat' } : layer))
  const { layers, ...rest } = relevanceSchema.parse({ ...composite, layers: named })
  const own = (k: number) => composite.layers[k]!
  return {
    ...rest,
    layers: layers.map((layer, k) => (isOwn(own(k)) ? { ...layer, rule: own(k).rule as LinearRule } : layer)),
  }
}

function isOwn(entry: CompositeEntryInput | OwnRuleEntry): entry is OwnRuleEntry {
  return typeof entry.rule === 'object'
}
