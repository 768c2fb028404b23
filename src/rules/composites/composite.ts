/**
 * A composite says which rule each layer of a network gets. It is data: written in TypeScript (`presets.ts`) or
 * as a user's own YAML file (`read.ts`), checked by the schema below.
 */

import * as z from 'zod/mini'
import type { LinearRule } from '../relevance/rule.ts'

/** The operators that are linear layers, bias aside, and so need a rule. Conv includes transposed convolutions. */
const LINEAR = ['Conv', 'Gemm', 'MatMul'] as const

const name = z.string().check(z.minLength(1))
const count = z.int().check(z.positive())
const notNegative = z.number().check(z.minimum(0))

/** Which linear layers an entry fits: those that meet all given conditions. */
const match = {
  /** Of these operators. */
  operators: z.optional(z.array(z.enum(LINEAR)).check(z.minLength(1))),
  /** With a name of this pattern, in which `*` stands for anything. */
  name: z.optional(name),
  /** Of those, the first n, counted from the input. */
  first: z.optional(count),
  /** Of those, the last n, counted from the output. */
  last: z.optional(count),
  /** From the input up to the layer of this name (a pattern), which is included. */
  upTo: z.optional(name),
  /**
   * Filters and kernel size of the network's first convolutions: the entry fits only these (with `first`, only the
   * first of them), in a network that begins with them. `paper` recognises VGG and GoogLeNet by them.
   */
  kernels: z.optional(z.array(z.tuple([count, count])).check(z.minLength(1))),
}

const matchSchema = z.strictObject(match)

/** Options that rules with a denominator share. */
const denominator = {
  /** Added to the denominator with its sign. */
  epsilon: z._default(notNegative, 0),
  /** Whether the bias is part of the denominator, and so takes a share that is not passed on. */
  bias: z._default(z.boolean(), true),
}
/** One number, or one for each channel of the input. */
const level = z.union([z.number(), z.array(z.number()).check(z.minLength(1))])

const entry = z.discriminatedUnion('rule', [
  z.strictObject({ ...match, rule: z.literal('epsilon'), ...denominator, epsilon: notNegative }),
  z.strictObject({ ...match, rule: z.literal('simple'), bias: denominator.bias }),
  z
    .strictObject({
      ...match,
      rule: z.literal('alpha-beta'),
      alpha: z.number(),
      beta: z.number(),
      ...denominator,
    })
    .check(
      z.refine(({ alpha, beta }) => Math.abs(alpha + beta - 1) < 1e-6, {
        path: ['beta'],
        error: 'must be 1 − alpha: alpha and beta add up to 1 (the paper has 2 and −1)',
      }),
    ),
  z.strictObject({ ...match, rule: z.literal('z-plus'), ...denominator }),
  z.strictObject({ ...match, rule: z.literal('gamma'), gamma: notNegative, ...denominator }),
  z.strictObject({
    ...match,
    rule: z.literal('z-box'),
    /** The lowest and the highest value that the layer's input can have; by default those of the model's card. */
    low: z.optional(level),
    high: z.optional(level),
    epsilon: denominator.epsilon,
  }),
  z.strictObject({ ...match, rule: z.literal('w-square') }),
  z.strictObject({ ...match, rule: z.literal('flat') }),
])

const relevanceSchema = z.strictObject({
  name,
  method: z._default(z.literal('relevance'), 'relevance'),
  /** What the walk starts with: the class's logit, or one. */
  start: z._default(z.enum(['logit', 'one']), 'logit'),
  /** The first entry that fits a linear layer counts. */
  layers: z.array(entry).check(z.minLength(1)),
  /** Max pooling: the first maximum takes all; equal shares among the maxima; in proportion to the inputs. */
  maxPool: z._default(z.enum(['first', 'equal', 'proportional']), 'first'),
  /** Local response normalisation: passed on, or first-order Taylor (Binder et al. 2016). */
  lrn: z._default(z.enum(['pass', 'taylor']), 'pass'),
  /** Sums of branches (residual connections): in proportion to what each adds, or in equal shares. */
  add: z._default(z.enum(['proportional', 'equal']), 'proportional'),
  /** Batch normalisation that cannot be merged: in proportion to scale · x, or to its magnitude, or passed on whole. */
  batchNorm: z._default(z.enum(['proportional', 'magnitude', 'pass']), 'proportional'),
  /**
   * Constants in a sum (position embeddings, shifts) that are not a layer's bias: they pass on what arrives, or keep
   * their share. The shift of a norm (LayerNorm and its kind) and position embeddings always keep theirs.
   */
  constants: z._default(z.enum(['pass', 'keep']), 'pass'),
  /**
   * Softmax inside the network: first-order Taylor (AttnLRP), or constant (CP-LRP), so that what reaches the answer
   * only through it gets nothing.
   */
  softmax: z._default(z.enum(['taylor', 'constant']), 'taylor'),
})

const gradientSchema = z.strictObject({
  name,
  method: z.literal('gradient'),
  /** How activations pass the gradient. */
  activation: z._default(z.enum(['gradient', 'guided-backprop', 'deconvnet']), 'gradient'),
  /** Whether the gradient is multiplied by the input at the end. */
  timesInput: z._default(z.boolean(), false),
})

/**
 * An assignment of rules to layers, as people write it: whatever has a default may be left out. `method` is `relevance`
 * by default.
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

/** An entry with a custom rule, instead of the name of one of regard's. */
export type OwnRuleEntry = z.input<typeof matchSchema> & { readonly rule: LinearRule }

/** An entry of a composite: which layers, and their rule. */
export type CompositeEntry = z.output<typeof entry> | OwnRuleEntry

/** The schemas of the two kinds; errors about a file use the one that it is meant to be. */
export const schemas = { relevance: relevanceSchema, gradient: gradientSchema }

/**
 * A composite with its defaults filled in.
 *
 * @throws ZodError when it is not a composite
 */
export function completed(composite: Composite): RelevanceComposite | GradientComposite {
  if (composite.method === 'gradient') return gradientSchema.parse(composite)
  // The schema is for files, where rules can only be named: it sees a name instead of a custom rule.
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
