/** A short trial of a network on this machine, on random pictures, to measure what a run of it costs. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../../base/random.ts'
import { openPack, PackWriter } from '../../datasets/pack.ts'
import { CLASSES, type Task } from '../../datasets/task.ts'
import type { Engine } from '../../engine/engine.ts'
import { scorePictures, tenCropGraph } from '../../evaluation/tenCrop.ts'
import { loadExplainer } from '../../explanation/explain.ts'
import { heatMap, pixelRelevance } from '../../explanation/heatMap.ts'
import { float32 } from '../../graph/types.ts'
import type { Preprocessing } from '../../models/preprocessing.ts'
import { type NetworkName, networks } from '../../networks/index.ts'
import { writePicture } from '../../pictures/node.ts'
import { composites } from '../../rules/composites/presets.ts'
import type { Pictures } from '../../training/pictures.ts'
import type { Schedule } from '../../training/schedule.ts'
import { type TrainedNetwork, train } from '../../training/train.ts'
import { trainableWeights } from '../../training/trainableWeights.ts'
import { pictureSize } from '../preparedData.ts'

/** What to try: everything about a run that decides its cost. */
export interface Trial {
  readonly network: NetworkName
  readonly input: number
  readonly width: number
  readonly task: Task
  readonly batch: number
  /** Layers that are not trained, as a plan's start names them. */
  readonly frozen?: readonly string[]
}

/** What a run costs. */
export interface Cost {
  /** Seconds to train on one picture. */
  readonly training: number
  /** Seconds to score one picture by ten crops. */
  readonly scoring: number
  /** Seconds to explain one picture, for all classes that a run draws maps of. */
  readonly explaining: number
  /** Seconds that do not depend on the number of pictures: building the network, loading its graphs. */
  readonly rest: number
  /** Bytes of the model that is kept, with its mean picture. */
  readonly model: number
  /** Bytes of one checkpoint. */
  readonly checkpoint: number
  /** Bytes that an iteration adds to the metrics. */
  readonly metrics: number
  /** Peak memory, in bytes. */
  readonly memory: number
}

/** Seconds for each part of a trial, which then ends with its current run of the engine. */
const SECONDS = { training: 5, scoring: 2, explaining: 1 } as const

/** The number of different pictures that batches are made from. */
const PICTURES = 8

/**
 * Try a network: train it for some seconds, score and explain some pictures. The same functions do the same work as in
 * a run; only the pictures are noise, and the weights start random.
 *
 * @param folder an empty one, for what is written on the way
 * @param tell called with what is being done now
 */
export async function tryNetwork(
  engine: Engine,
  trial: Trial,
  folder: string,
  tell: (what: string) => void = () => {},
): Promise<Cost> {
  const started = performance.now()
  const size = pictureSize(trial.input)
  const noise = randomPicture(size, 0)
  tell('training')
  const { trained, ...training } = await tryTraining(engine, trial, randomPictures(folder, size), folder)
  tell('scoring')
  const scoring = await tryScoring(engine, trained, trial, noise)
  tell('explaining')
  const explaining = await tryExplaining(engine, trained, trial, folder)
  const parts = [training.watch, scoring, explaining]
  const counted = parts.reduce((sum, { units, pace }) => sum + units * pace, 0)
  let model = trained.mean.byteLength
  for (const { data } of trained.network.initializers.values()) model += data.byteLength
  return {
    training: training.watch.pace,
    scoring: scoring.pace,
    explaining: explaining.pace,
    rest: Math.max(0, (performance.now() - started) / 1000 - counted),
    model,
    checkpoint: training.checkpoint,
    metrics: training.metrics,
    memory: peakMemory(),
  }
}

async function tryTraining(engine: Engine, trial: Trial, pictures: Pictures, folder: string) {
  const { network, width, input, task, batch, frozen } = trial
  const never = 2 ** 30
  const schedule: Schedule = {
    rate: 1e-9,
    gamma: 1,
    steps: [],
    batch,
    iterations: never,
    momentum: 0.9,
    decay: 0.0005,
    validateEvery: never,
    checkpointEvery: never,
  }
  const watch = new Stopwatch(SECONDS.training)
  const stop = new AbortController()
  const classes = CLASSES[task].length
  const seed = 'trial'
  // Layers of trained weights would be frozen; here its own random ones are as good.
  const own = () => {
    const random = new Random(seed)
    return trainableWeights(networks[network].build({ input, classes, batch, width, random }))
  }
  const start = frozen && { weights: own(), where: network, freshRate: 1, frozen }
  let done = 0
  const trained = await train({
    ...{ engine, network, width, input, classes, schedule, seed, start, folder },
    train: pictures,
    validation: pictures,
    signal: stop.signal,
    progress({ iteration, imagesPerSecond }) {
      const now = performance.now()
      // The first run of the engine began unreported.
      if (done === 0) watch.mark(0, now - (1000 * iteration * batch) / imagesPerSecond)
      done = iteration
      if (watch.mark(iteration * batch, now)) stop.abort()
    },
  })
  const bytes = (name: string) => statSync(join(folder, name)).size
  const logs = readdirSync(folder).filter((name) => /^(metrics|events)\./.test(name))
  return {
    trained,
    watch,
    checkpoint: bytes('checkpoint.safetensors'),
    metrics: logs.reduce((sum, name) => sum + bytes(name), 0) / done,
  }
}

async function tryScoring(
  engine: Engine,
  { network, mean }: TrainedNetwork,
  { input }: Trial,
  picture: Uint8Array,
): Promise<Stopwatch> {
  const size = pictureSize(input)
  const square = (side: number) => ({ height: side, width: side })
  const preprocessing: Preprocessing = {
    size: square(input),
    picture: square(size),
    fit: 'pad',
    layout: 'NCHW',
    channels: 'BGR',
    mean: { planes: mean, ...square(size) },
    scale: [1, 1, 1],
  }
  const watch = new Stopwatch(SECONDS.scoring)
  let enough = false
  function* pictures() {
    // Pictures are asked for once the graph is loaded.
    watch.mark(0)
    while (!enough) yield picture
  }
  await scorePictures(engine, tenCropGraph(network, preprocessing), pictures(), {
    progress(done) {
      enough = watch.mark(done)
    },
  })
  return watch
}

async function tryExplaining(
  engine: Engine,
  { network }: TrainedNetwork,
  { task, input }: Trial,
  folder: string,
): Promise<Stopwatch> {
  const explainer = await loadExplainer(engine, network, composites.paper)
  const random = new Random('explaining')
  const picture = float32(
    [1, 3, input, input],
    Float32Array.from({ length: 3 * input ** 2 }, () => random.uniform(-128, 128)),
  )
  const targets = task === 'years' ? (['top', 0] as const) : CLASSES[task].map((_, c) => c)
  const watch = new Stopwatch(SECONDS.explaining)
  try {
    watch.mark(0)
    for (let done = 1; ; done++) {
      for (const { relevance } of await explainer.explain(picture, targets)) {
        await writePicture(join(folder, 'map.png'), heatMap(pixelRelevance(relevance)))
      }
      if (watch.mark(done)) return watch
    }
  } finally {
    await explainer.release()
  }
}

/** The least number of rounds: one to warm up, and one to measure. */
const ENOUGH = 2
/** How many rounds are enough, however short they are. */
const MANY = 100

/** Measures work that is repeated until some seconds have passed. */
export class Stopwatch {
  private readonly seconds: number
  private readonly marks: { readonly done: number; readonly time: number }[] = []

  /** @param seconds how long to measure */
  constructor(seconds: number) {
    this.seconds = seconds
  }

  /**
   * Record how much is done; call it first before anything is.
   *
   * @param time in milliseconds
   * @returns whether it is enough
   */
  mark(done: number, time = performance.now()): boolean {
    this.marks.push({ done, time })
    const rounds = this.marks.length - 1
    return rounds >= MANY || (rounds >= ENOUGH && time - this.marks[0]!.time >= 1000 * this.seconds)
  }

  /** How much was done. */
  get units(): number {
    return this.marks.at(-1)!.done
  }

  /** Seconds for one unit, without the first round, which warms up. */
  get pace(): number {
    const [, first] = this.marks
    const last = this.marks.at(-1)!
    return (last.time - first!.time) / 1000 / (last.done - first!.done)
  }
}

function randomPicture(size: number, seed: number): Uint8Array {
  const random = new Random(`picture ${seed}`)
  return Uint8Array.from({ length: 3 * size * size }, () => random.integer(256))
}

function randomPictures(folder: string, size: number): Pictures {
  const path = join(folder, 'noise.pictures')
  const pack = new PackWriter(path)
  for (let k = 0; k < PICTURES; k++) pack.add(String(k).padStart(64, '0'), randomPicture(size, k))
  pack.commit()
  const pixels = [...openPack(path, size)!.pictures.values()]
  return { size, pixels, labels: pixels.map((_, k) => k % 2) }
}

/** The peak memory of this process, in bytes. */
function peakMemory(): number {
  try {
    // On Linux, resourceUsage() starts with the peak of the parent process.
    const [, peak] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))!
    return 1024 * Number(peak)
  } catch {
    return 1024 * process.resourceUsage().maxRSS
  }
}
