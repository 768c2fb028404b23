import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { sha256Of } from '../base/hash.ts'
import { Random } from '../base/random.ts'
import type { Engine, Program } from '../engine/engine.ts'
import { fixInput } from '../graph/batch.ts'
import { withoutUnread } from '../graph/fold.ts'
import { float32, type Graph } from '../graph/types.ts'
import { type NetworkName, networks } from '../networks/index.ts'
import { type Started, type StartingPoint, startFrom } from '../networks/start.ts'
import { centreCrop } from '../pictures/crop.ts'
import { Batches } from './batches.ts'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { ahead, Cutter } from './cutter.ts'
import { Metrics, readValidations } from './metrics.ts'
import type { Pictures } from './pictures.ts'
import { isOutOfPatience, rateAt, type Schedule } from './schedule.ts'
import { type Measured, type State, stepperFor } from './stepper.ts'
import { trainableWeights, type Weights, weightsAsConstants, weightsAsInputs } from './trainableWeights.ts'

/** What to train, on what, how, and where to keep its state. */
export interface TrainingOptions {
  readonly engine: Engine
  readonly network: NetworkName
  /** Fraction of the network's published channels. */
  readonly width: number
  /** Size of the random windows that the network sees, in pixels; the pictures are larger. */
  readonly input: number
  readonly classes: number
  readonly train: Pictures
  readonly validation: Pictures
  readonly schedule: Schedule
  readonly seed: string | number
  /**
   * Trained weights to start from; by default random ones. Training takes them over: those of a large network are
   * trained in place.
   */
  readonly start?: StartingPoint
  /** Folder of the run: checkpoints, `metrics.jsonl` and an event file. */
  readonly folder: string
  /** Stops the run after the iterations in flight, with a checkpoint. */
  readonly signal?: AbortSignal
  readonly progress?: (state: TrainingProgress) => void
  /** Called with the network after every `snapshotEvery` iterations of the schedule. */
  readonly snapshot?: (network: TrainedNetwork) => void
}

/** The progress of a run. */
interface TrainingProgress {
  readonly iteration: number
  readonly iterations: number
  /** Mean loss of the last iterations. */
  readonly loss: number
  /** Accuracy in the last validation, in [0, 1]. */
  readonly accuracy?: number
  readonly imagesPerSecond: number
}

/** A network after some iterations. */
export interface TrainedNetwork {
  /** For any batch size, with its weights as constants, without auxiliary heads. */
  readonly network: Graph
  /** The mean image: 3 × size × size, planes of blue, green and red. */
  readonly mean: Float32Array
  readonly iterations: number
}

/** The result of a training. */
export interface Trained extends TrainedNetwork {
  /** Which layers started from trained weights, if there were any, and which did not. */
  readonly start?: Pick<Started, 'taken' | 'fresh'>
  /** False when the signal stopped the run before its end. */
  readonly finished: boolean
}

/** The most pictures to validate at a time; no more than a training batch, to save memory. */
const VALIDATION_BATCH = 50

/**
 * Train a network; if the folder holds a checkpoint of the same run, continue from it.
 *
 * The same options give the same bits on the same machine, whether or not the run was interrupted. Every iteration
 * and validation is added to the run's {@link Metrics}.
 *
 * @throws UserError when the loss became NaN, or when the folder holds another run
 */
export async function train(options: TrainingOptions): Promise<Trained> {
  const { engine, input, schedule, seed, folder } = options
  const { stepper, bare, start, run, ...begun } = await begin(options)
  let state = begun.state
  const batches = new Batches({
    pictures: options.train,
    crop: input,
    batch: schedule.batch,
    masks: stepper.masks,
    augmentation: schedule.augmentation,
    seed: `${seed}/batches`,
  })

  mkdirSync(folder, { recursive: true })
  let iteration = 0
  let kept: number | undefined
  const accuracies: number[] = []
  const resume = (saved: Checkpoint | undefined) => {
    if (!saved) return
    batches.restore(saved.batches)
    state = saved
    kept = iteration = saved.iteration
    accuracies.push(...(saved.accuracies ?? validatedUntil(folder, saved.iteration)))
  }
  resume(readCheckpoint(folder, run))
  const metrics = new Metrics(folder, iteration)

  const validator = await engine.load(bare, { lean: true })
  const cutter = new Cutter(options.train.size, input)
  let saveState = batches.state
  // The last step may have broken the weights without showing in its own loss.
  const requireFinite = () => {
    if (![...state.weights.values()].every(({ data }) => data.every(Number.isFinite)))
      throw diverged('a weight', iteration, folder, kept)
  }
  const save = () => {
    requireFinite()
    writeCheckpoint(folder, { ...state, iteration, batches: saveState, accuracies, run })
    kept = iteration
  }
  const trained = () => ({
    network: weightsAsConstants(bare, state.weights),
    mean: cutter.mean,
    iterations: iteration,
  })
  const enough = () => iteration === schedule.iterations || isOutOfPatience(schedule, accuracies)
  try {
    await cutter.average(options.train.pixels)
    // While the engine works, the batches of its next runs are cut. They are thrown away if training ends first.
    for await (const { feeds, count, drawnState } of ahead(
      drawn(batches, cutter, schedule, iteration, stepper.atOnce),
    )) {
      if (enough()) break
      const started = performance.now()
      const { measured, ...next } = await stepper.run(state, feeds)
      cutter.recycle(feeds.images)
      const { losses } = measured
      const bad = losses.findIndex((each) => !Number.isFinite(each))
      if (bad >= 0) throw diverged('the loss', iteration + bad + 1, folder, kept)
      const seconds = (performance.now() - started) / 1000
      metrics.steps(stepsOf(measured, schedule, iteration), seconds)
      iteration += count
      state = next.state
      saveState = drawnState
      if (iteration % schedule.validateEvery === 0 || iteration === schedule.iterations) {
        const accuracy = await validate(
          validator,
          state.weights,
          options.validation,
          cutter,
          Math.min(VALIDATION_BATCH, schedule.batch),
        )
        accuracies.push(accuracy)
        metrics.validation(iteration, accuracy, options.validation.labels.length)
      }
      if (options.snapshot && iteration % (schedule.snapshotEvery ?? Number.POSITIVE_INFINITY) === 0) {
        requireFinite()
        options.snapshot(trained())
      }
      const stop = options.signal?.aborted ?? false
      if (iteration % schedule.checkpointEvery === 0 || enough() || stop) save()
      const imagesPerSecond = (count * schedule.batch) / seconds
      const [loss, accuracy] = [mean(losses), accuracies.at(-1)]
      options.progress?.({ iteration, iterations: schedule.iterations, loss, accuracy, imagesPerSecond })
      if (stop) break
    }
  } finally {
    await Promise.all([stepper.release(), validator.release(), cutter.close()])
  }
  return { ...trained(), start, finished: enough() }
}

/**
 * What a run starts with. No graph here holds the weights: those of VGG-16 are half a gigabyte, and would be held until
 * the end.
 */
async function begin(options: TrainingOptions) {
  const { engine, network: name, width, input, classes, schedule, seed } = options
  const { build, losses } = networks[name]
  const built = build({ input, classes, batch: 'batch', width, random: new Random(`${seed}/weights`) })
  const started = options.start && startFrom(built, options.start)
  const whole = started?.network ?? built
  const fixed = fixInput(whole, { batch: schedule.batch })
  const rates = started?.rates
  const trained = Object.entries(losses).filter(([name]) =>
    whole.outputs.some((output) => output.name === name),
  )
  return {
    stepper: await stepperFor(engine, fixed, {
      ...schedule,
      losses: Object.fromEntries(trained),
      rates,
    }),
    /** For any batch size, with its trained weights as inputs, without auxiliary heads. */
    bare: weightsAsInputs(withoutUnread({ ...whole, outputs: whole.outputs.slice(0, 1) }), rates),
    state: fromRest(trainableWeights(fixed, rates)),
    start: started && { taken: started.taken, fresh: started.fresh },
    run: describeRun(options, started),
  }
}

/**
 * The feeds of the engine's runs from an iteration on, drawn as they are asked for. A run ends at the next validation,
 * checkpoint or snapshot at the latest. `drawnState` is the state of the batches up to it, whatever was drawn since.
 */
function* drawn(batches: Batches, cutter: Cutter, schedule: Schedule, from: number, atOnce: number) {
  const { batch, iterations, validateEvery, checkpointEvery, snapshotEvery = iterations } = schedule
  for (let iteration = from; iteration < iterations; ) {
    const first = iteration
    const ends = [validateEvery, checkpointEvery, snapshotEvery].map((every) => every - (first % every))
    const count = Math.min(atOnce, iterations - first, ...ends)
    const rates = Array.from({ length: count }, (_, k) => rateAt(schedule, first + k))
    const { windows, tensors } = batches.draw(count)
    const drawnState = batches.state
    yield cutter.cut(windows, [count, batch]).then((images) => {
      return { feeds: { ...tensors, images, rate: float32([count], rates) }, count, drawnState }
    })
    iteration += count
  }
}

/** What an engine run measured at each of its steps, the first of which comes after `iteration`. */
function stepsOf({ losses, right, norms }: Measured, schedule: Schedule, iteration: number) {
  return Array.from(losses, (loss, k) => ({
    iteration: iteration + k + 1,
    loss,
    accuracy: right[k]!,
    norm: norms[k]!,
    rate: rateAt(schedule, iteration + k),
  }))
}

/** The fraction of pictures whose centre crop is classified correctly. */
async function validate(
  program: Program,
  weights: Weights,
  { size, pixels, labels }: Pictures,
  cutter: Cutter,
  batch: number,
): Promise<number> {
  const own = new Map([...weights].filter(([name]) => program.inputs.some((one) => one.name === name)))
  const centre = centreCrop(size, cutter.crop)
  function* centres() {
    for (let from = 0; from < pixels.length; from += batch) {
      const windows = pixels.slice(from, from + batch).map((picture) => ({ picture, ...centre }))
      yield cutter.cut(windows, [windows.length])
    }
  }
  let [right, done] = [0, 0]
  for await (const images of ahead(centres())) {
    const { logits } = await program.run({ ...Object.fromEntries(own), images })
    cutter.recycle(images)
    const [count, classes] = logits!.shape as [number, number]
    const scores = logits!.data as Float32Array
    for (let k = 0; k < count; k++) {
      const row = scores.subarray(k * classes, (k + 1) * classes)
      if (row.indexOf(Math.max(...row)) === labels[done + k]) right++
    }
    done += count
  }
  return right / pixels.length
}

/** Everything that decides a run's result, as text. */
function describeRun(
  {
    network,
    width,
    input,
    classes,
    schedule,
    seed,
    train: { size, pixels, labels, parts },
    engine,
  }: TrainingOptions,
  started: Started | undefined,
): string {
  const { checkpointEvery: _, snapshotEvery: __, ...decisive } = schedule
  return JSON.stringify({
    network,
    width,
    input,
    classes,
    schedule: decisive,
    seed,
    size,
    data: sha256Of(
      Int32Array.from(labels),
      ...[...pixels, ...(parts?.maps ?? [])].map(({ sha256 }) => sha256),
    ),
    threads: engine.threads,
    // Runs of earlier versions, which lack it, were made on the CPU.
    device: engine.device === 'cpu' ? undefined : engine.device,
    start: started && digestOf(started),
  })
}

/** What a run started from. */
function digestOf({ network, rates }: Started): string {
  const weights = [...trainableWeights(network)].flatMap(([name, { data }]) => [name, data])
  return sha256Of(JSON.stringify([...rates]), ...weights)
}

function diverged(what: string, iteration: number, folder: string, kept: number | undefined): UserError {
  const last =
    kept === undefined
      ? 'There is no checkpoint yet'
      : `The last good checkpoint, of iteration ${kept}, is in ${folder}`
  return new UserError(
    `${what} became NaN or infinite after iteration ${iteration}`,
    'training',
    `${last}; lower the learning rate`,
  )
}

function fromRest(weights: Weights): State {
  return { weights, velocities: new Map([...weights].map(([name, { shape }]) => [name, float32(shape)])) }
}

/** The accuracies of a folder's validations up to an iteration, for checkpoints that lack them. */
function validatedUntil(folder: string, last: number): number[] {
  return readValidations(join(folder, 'metrics.jsonl'))
    .filter(({ iteration }) => iteration <= last)
    .map(({ accuracy }) => accuracy)
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
