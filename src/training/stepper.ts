/** Steps of training, taken by an engine in the way that suits the size of a network. */

import type { Engine, Program, Tensors } from '../engine/engine.ts'
import { float32, type Graph, sizeOf, type Tensor, type TensorOf } from '../graph/types.ts'
import {
  type DropoutMask,
  gradientStep,
  learning,
  type StepOptions,
  trainingSteps,
  updateStep,
} from './step.ts'
import { trainableWeights, type Weights } from './trainableWeights.ts'

/** What training changes. */
export interface State {
  readonly weights: Weights
  readonly velocities: Weights
}

/** What is measured in a run, one number for each step: see `TrainingSteps`. */
export interface Measured {
  readonly losses: Float32Array
  readonly right: Float32Array
  readonly norms: Float32Array
}

/** Takes steps. */
export interface Stepper {
  /** How many steps a run should take. */
  readonly atOnce: number
  /** The dropout masks, with the shape of one step's. */
  readonly masks: readonly DropoutMask[]
  /**
   * Take some training steps.
   *
   * @param state before the steps: it may be overwritten, so do not use it afterwards
   * @param feeds `images`, `labels`, `rate` and the masks, each with a leading dimension, the number of steps
   * @returns the state after the steps, and what was measured
   */
  run(state: State, feeds: Tensors): Promise<{ state: State; measured: Measured }>
  /** Free the memory. */
  release(): Promise<void>
}

/** Steps in one run of the engine. More steps save copies of the weights, but take memory for the batches. */
const STEPS_AT_ONCE = 4
/** From this size on, in bytes, weights are updated in place: a Scan keeps two more copies of its state. */
const LARGE = 2 ** 27
/** How many numbers are updated at a time: few enough to stay in the cache from one operator to the next. */
const PART = 2 ** 19

/**
 * A stepper for a network. Both kinds give the same bits.
 *
 * @param network with a fixed batch size; its constants called `….weight` and `….bias` are trained
 * @param large from this size of the weights on, in bytes, it saves memory
 */
export function stepperFor(
  engine: Engine,
  network: Graph,
  options: StepOptions,
  large = LARGE,
): Promise<Stepper> {
  let bytes = 0
  for (const { shape } of trainableWeights(network, options.rates).values()) bytes += 4 * sizeOf(shape)
  // WebGPU has no Scan: its body would run on the CPU.
  const repeats = bytes < large && engine.device !== 'webgpu'
  return repeats ? scanned(engine, network, options) : inPlace(engine, network, options)
}

/** Several steps a run, as a Scan. */
async function scanned(engine: Engine, network: Graph, options: StepOptions): Promise<Stepper> {
  const { graph, weights, masks } = trainingSteps(network, options)
  const program = await engine.load(graph, { lean: true })
  return {
    atOnce: STEPS_AT_ONCE,
    masks,
    async run(state, feeds) {
      const results = await program.run({
        ...feeds,
        ...named(state.weights, ''),
        ...named(state.velocities, '.velocity'),
      })
      const taken = (suffix: string): Weights =>
        new Map(weights.map((name) => [name, results[name + suffix] as TensorOf<'float32'>]))
      return {
        state: { weights: taken('.next'), velocities: taken('.velocity.next') },
        measured: {
          losses: numbers(results.losses!),
          right: numbers(results.right!),
          norms: numbers(results.norms!),
        },
      }
    },
    release: () => program.release(),
  }
}

/** One step a run: its gradient, and then the update of the weights in place, part by part. */
async function inPlace(engine: Engine, network: Graph, options: StepOptions): Promise<Stepper> {
  const { graph, masks } = gradientStep(network, options)
  const program = await engine.load(graph, { lean: true })
  const updates = new Map<number, Program>()
  for (const decay of [options.decay, 0]) {
    updates.set(decay, await engine.load(updateStep({ ...options, decay }), { lean: true }))
  }
  // The last step's gradients: the next ones are written over them where the engine can, which saves allocations.
  let slopes: Tensors = {}
  return {
    atOnce: 1,
    masks,
    async run(state, { rate, ...feeds }) {
      const first = Object.entries(feeds).map(([name, { shape, ...tensor }]) => [
        name,
        { ...tensor, shape: shape.slice(1) },
      ])
      const given = { ...Object.fromEntries(first), ...named(state.weights, '') }
      const { loss, right, norm, ...gradients } = await program.run(given, slopes)
      slopes = gradients
      for (const [name, { data: weight }] of state.weights) {
        const { factor, decay } = learning(name, options)
        const own = float32([], [Number(rate!.data[0]) * factor])
        const velocity = state.velocities.get(name)!.data
        const slope = gradients[`${name}.gradient`]!.data as Float32Array
        for (let from = 0; from < weight.length; from += PART) {
          const part = (whole: Float32Array): TensorOf<'float32'> => {
            const data = whole.subarray(from, from + PART)
            return { type: 'float32', shape: [data.length], data }
          }
          const [w, v] = [part(weight), part(velocity)]
          const feeds = { weight: w, velocity: v, gradient: part(slope), rate: own }
          const next = await updates.get(decay)!.run(feeds, { 'weight.next': w, 'velocity.next': v })
          written(next['weight.next']!, w)
          written(next['velocity.next']!, v)
        }
      }
      return {
        state,
        measured: {
          losses: numbers(loss!),
          right: numbers(right!),
          norms: numbers(norm!),
        },
      }
    },
    async release() {
      for (const each of [program, ...updates.values()]) await each.release()
    },
  }
}

/** Copy a tensor to where it was asked to be, where the engine could not write it there. */
function written(tensor: Tensor, wished: TensorOf<'float32'>): void {
  if (tensor.data !== wished.data) wished.data.set(tensor.data as Float32Array)
}

function named(weights: Weights, suffix: string): Tensors {
  return Object.fromEntries([...weights].map(([name, tensor]) => [name + suffix, tensor]))
}

function numbers(tensor: Tensors[string]): Float32Array {
  return tensor.data as Float32Array
}
