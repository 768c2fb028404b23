/** Composites as sliders change them. */

import { type Composite, composites, type NamedMethod, type RuleParameters } from 'regard'

/** Numbers that replace a composite's own. */
export interface Tuning {
  /** α of αβ; β is 1 − α. */
  readonly alpha?: number
  readonly gamma?: number
  readonly epsilon?: number
  /** How many of the first layers are flat. */
  readonly flat?: number
}

type Layer = Extract<Composite, { layers: unknown }>['layers'][number]

/** Which of α, γ, ε and flat layers a composite uses, and with which numbers: the others have no slider. */
export function usedBy(composite: Composite): Tuning {
  if (composite.method === 'gradient') return {}
  const found: { -readonly [Name in keyof Tuning]: Tuning[Name] } = { flat: 0 }
  for (const layer of composite.layers) {
    if (layer.rule === 'alpha-beta') found.alpha ??= layer.alpha
    if (layer.rule === 'gamma') found.gamma ??= layer.gamma
    if (layer.rule === 'epsilon') found.epsilon ??= layer.epsilon
    if (layer.rule === 'flat') found.flat = Math.max(found.flat!, layer.first ?? 1)
  }
  return found
}

/**
 * The part of a tuning that is numbers of a composite's rules: these are set as it runs, while flat layers make a new
 * composite. Undefined where there is none.
 */
export function parametersOf(composite: Composite, tuning: Tuning): RuleParameters | undefined {
  const used = usedBy(composite)
  const names = (['alpha', 'gamma', 'epsilon'] as const).filter(
    (name) => used[name] !== undefined && tuning[name] !== undefined,
  )
  return names.length > 0 ? Object.fromEntries(names.map((name) => [name, tuning[name]])) : undefined
}

/** A composite with some of its numbers changed, as a custom composite. */
export function rulesOf(composite: Composite, { alpha, gamma, epsilon, flat }: Tuning): Composite {
  if (composite.method === 'gradient') return composite
  const tuned = composite.layers.map((layer): Layer => {
    if (layer.rule === 'alpha-beta' && alpha !== undefined) return { ...layer, alpha, beta: 1 - alpha }
    if (layer.rule === 'gamma' && gamma !== undefined) return { ...layer, gamma }
    if (layer.rule === 'epsilon' && epsilon !== undefined) return { ...layer, epsilon }
    return layer
  })
  const layers = flat === undefined ? tuned : withFlat(tuned, flat)
  return { ...composite, name: `${composite.name}, changed`, layers }
}

/** Only the first layers flat. */
function withFlat(layers: readonly Layer[], count: number): readonly Layer[] {
  const others = layers.filter(({ rule }) => rule !== 'flat')
  return count === 0 ? others : [{ first: count, rule: 'flat' }, ...others]
}

/** Composites by the name that a select shows. */
export const COMPOSITE_NAMES = Object.keys(composites) as (keyof typeof composites)[]

/**
 * Methods that are not composites, by the names that a select shows, without the controls, which are for measuring.
 * regard's `METHODS` has all of this, but the page would load their code with it.
 */
export const METHOD_TITLES: Readonly<Record<Exclude<NamedMethod['method'], 'random' | 'edges'>, string>> = {
  smoothgrad: 'SmoothGrad',
  'integrated-gradients': 'Integrated gradients',
  'grad-cam': 'Grad-CAM',
  occlusion: 'Occlusion',
  lime: 'LIME',
  'kernel-shap': 'KernelSHAP',
  rise: 'RISE',
  'prediction-difference': 'Prediction difference',
  'attention-rollout': 'Attention rollout',
  'gradient-attention': 'Gradient × attention',
}

export const METHOD_NAMES = Object.keys(METHOD_TITLES) as (keyof typeof METHOD_TITLES)[]
