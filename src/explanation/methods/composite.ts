/** Explaining by a composite: relevance, or the gradient and its relatives, as one graph that is run once. */

import type { Program, Tensors } from '../../engine/engine.ts'
import { float32, type TensorOf } from '../../graph/types.ts'
import type { Composite } from '../../rules/composites/composite.ts'
import { probabilitiesIn, SLACK } from '../../rules/logits.ts'
import { CONSERVATION_COLUMNS } from '../../rules/relevance/conservation.ts'
import { named } from '../../rules/relevance/parameters.ts'
import { type Relevance, relevance } from '../../rules/relevance/relevance.ts'
import type { ConservedLayer, Explainer, Explanation, TunableExplainer } from '../explain.ts'
import type { LoadMethod } from '../methods.ts'
import { weightsOf } from '../target.ts'

/**
 * Load a network and the graph that explains it.
 *
 * @throws UserError where the composite does not fit the network, Error naming the node that has no rule
 */
export const load: LoadMethod<Composite> = async (
  { engine, network, output, layers = [], conservation, range, tunable },
  composite,
): Promise<Explainer | TunableExplainer> => {
  const of = [network.inputs[0]!.name, ...layers]
  const options = { output, of, conservation, range, tunable, onePicture: true }
  const explained = relevance(network, composite, options)
  const { graph, parameters } = explained
  const tuning = tunable ? (await import('./tuning.ts')).tuningOf(composite, parameters) : undefined
  const program = await engine.load(graph, { lean: true })
  const input = graph.inputs[0]!
  const target = graph.inputs.find(({ name }) => name === 'target')!
  const classes = Number(target.shape[1])
  /** @param numbers of the rules, by the names of their inputs */
  const explainerBy = (numbers: ReadonlyMap<string, number>): Explainer => ({
    output: explained.outputs[0]!.name,
    classes,
    conserves: composite.method !== 'gradient' && composite.start !== 'one',
    shape: input.shape.map(Number),
    async explain(picture, targets, { signal, progress } = {}) {
      const weights = Float32Array.from(targets.flatMap((each) => weightsOf(each, classes)))
      const set = Object.fromEntries([...numbers].map(([name, value]) => [name, float32([], [value])]))
      // All targets at once, or one by one where the network does not keep its pictures apart.
      const together = target.shape[0] === 1 ? 1 : targets.length
      const explanations: Explanation[] = []
      for (let first = 0; first < targets.length; first += together) {
        signal?.throwIfAborted()
        const rows = weights.subarray(first * classes, (first + together) * classes)
        const results = await program.run({
          [input.name]: picture,
          target: float32([together, classes], rows),
          ...set,
        })
        for (let k = 0; k < together; k++)
          explanations.push(explanationOf(explained, program, results, together, k, numbers))
        progress?.(first / together + 1, targets.length / together)
      }
      return explanations
    },
    release: () => program.release(),
  })
  if (!tuning) return explainerBy(new Map())
  return { ...explainerBy(tuning({})), tuned: (set) => explainerBy(tuning(set)) }
}

function explanationOf(
  { outputs: known, rows }: Relevance,
  program: Program,
  results: Tensors,
  targets: number,
  k: number,
  numbers: ReadonlyMap<string, number>,
): Explanation {
  /** The row of the k-th target. */
  const rowOf = (name: string): TensorOf<'float32'> => {
    const { shape, data } = results[name] as TensorOf<'float32'>
    const size = data.length / targets
    return { type: 'float32', shape: [1, ...shape.slice(1)], data: data.slice(k * size, (k + 1) * size) }
  }
  const outputs = Object.fromEntries(
    known.flatMap((output, index) => {
      const { type, shape, data } = results[output.name]!
      // An output that does not hold scores (such as a label that the network computes itself) adds nothing to them.
      if (type !== 'float32') return []
      const logits = results[output.logits]!.data as Float32Array
      const probabilities =
        output.kind === 'logits' ? ofClassifier(shape, logits, index === 0) : probabilitiesIn(output, data)
      return [[output.name, { logits, probabilities }]]
    }),
  )
  const target = rowOf('explained').data
  const { logits } = outputs[known[0]!.name]!
  const others = program.outputs.filter(({ name }) => name.startsWith(RELEVANCE_OF))
  return {
    outputs,
    target,
    logit: target.reduce((sum, weight, index) => sum + weight * logits[index]!, 0),
    relevance: rowOf('relevance'),
    layers: Object.fromEntries(others.map(({ name }) => [name.slice(RELEVANCE_OF.length), rowOf(name)])),
    conservation: rows.map((row, index) => {
      const { data } = rowOf('conservation')
      const columns = CONSERVATION_COLUMNS.map((column, c) => [
        column,
        data[index * CONSERVATION_COLUMNS.length + c]!,
      ])
      return { ...row, rule: named(row.rule, numbers), ...Object.fromEntries(columns) } as ConservedLayer
    }),
  }
}

const RELEVANCE_OF = 'relevance of '

/**
 * The softmax of an output without one. Only the explained output is taken for a classifier's logits: others may be
 * features. Numbers that already add up to 1 are probabilities, however they were computed. One number may be anything.
 */
function ofClassifier(
  shape: readonly number[],
  logits: Float32Array,
  isExplained: boolean,
): Float32Array | undefined {
  if (logits.length === 1 || shape.slice(2).some((d) => d !== 1)) return undefined
  if (logits.every((value) => value >= 0) && Math.abs(logits.reduce((a, b) => a + b) - 1) < SLACK)
    return logits
  if (!isExplained) return undefined
  const most = logits.reduce((a, b) => Math.max(a, b))
  const powers = logits.map((logit) => Math.exp(logit - most))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}
