/**
 * A lesson: examples of a few kinds, a network that learns to tell them apart, and all random draws. It works the same
 * in a worker and in Node: the same seed and examples give the same batches.
 */

import {
  type Card,
  type Engine,
  fixInput,
  float32,
  type Graph,
  GraphBuilder,
  type Image,
  int64,
  type Model,
  modelOf,
  networks,
  Random,
  rateAt,
  requirePreprocessing,
  type Schedule,
  type State,
  type Stepper,
  stepperFor,
  type TensorOf,
  type Tensors,
  withoutUnread,
} from 'regard'
import type { PupilName, Sees, StepNews } from './protocol.ts'

/** A picture, cut as the network sees it, and the index of its kind. */
export interface Example {
  readonly picture: Image
  readonly kind: number
}

/** What is taught. */
export interface LessonOptions {
  /** The names of the kinds, in order. */
  readonly kinds: readonly string[]
  readonly seed: number
  /** How many steps are taken. */
  readonly steps: number
  /** Whether pictures are mirrored at random: not if left and right tell the kinds apart. */
  readonly mirrored: boolean
}

/** Examples of a step. */
export const BATCH = 16

/**
 * The share of each kind's examples, the last ones, that is held out: frames of one recording are alike, and shuffling
 * would put some in both parts.
 */
const HELD_OUT = 0.2

/** Steps between two looks at what is held out, and at the chosen picture. */
export const EVERY = 20

/** AdienceNet's size here: a quarter of its channels, for windows of 80 pixels from pictures of 88. */
const [WINDOW, PICTURE, WIDTH] = [80, 88, 0.25]

/** How a network learns: SGD with momentum, its rate rising over the first steps and falling along a cosine. */
export function scheduleOf(pupil: PupilName, steps: number): Schedule {
  return {
    policy: 'cosine',
    rate: pupil === 'adiencenet' ? 0.006 : 0.005,
    warmup: 20,
    batch: BATCH,
    iterations: steps,
    momentum: 0.9,
    decay: 0.0005,
    validateEvery: EVERY,
    checkpointEvery: steps,
  }
}

/** The examples that are learned from, and those that are held out: the last fifth of each kind. */
export function splitOf(examples: readonly Example[], kinds: number) {
  const [learned, held]: [Example[], Example[]] = [[], []]
  for (let kind = 0; kind < kinds; kind++) {
    const own = examples.filter((example) => example.kind === kind)
    const from = own.length - Math.max(1, Math.round(HELD_OUT * own.length))
    learned.push(...own.slice(0, from))
    held.push(...own.slice(from))
  }
  return { learned, held }
}

/** A network that can be taught: the part that learns, and how an example becomes its input. */
export interface Pupil {
  readonly name: PupilName
  /** The part that learns, for any batch: from `images` to `logits`. */
  readonly network: Graph
  /** Write one example's input of that part: changed at random, or unchanged without a generator. */
  readonly write: (example: Example, into: Float32Array, random?: Random) => void
  /** The whole network with the learned weights, and what its card says. */
  readonly whole: (learned: Graph) => Graph
  readonly card: Omit<Card, 'classes'> & { readonly classes: string[] }
}

/** AdienceNet from random weights. */
export function adienceNet(examples: readonly Example[], sees: Sees, options: LessonOptions): Pupil {
  const mean = meanOf(examples)
  const area = WINDOW * WINDOW
  const network = networks.adiencenet.build({
    input: WINDOW,
    classes: options.kinds.length,
    batch: 'batch',
    width: WIDTH,
    random: new Random(`${options.seed} weights`),
  })
  return {
    name: 'adiencenet',
    network,
    write({ picture: { width, data } }, into, random) {
      const room = PICTURE - WINDOW
      const left = random ? random.integer(room + 1) : room / 2
      const top = random ? random.integer(room + 1) : room / 2
      const turned = options.mirrored && (random?.chance(0.5) ?? false)
      for (let k = 0; k < area; k++) {
        const [x, y] = [k % WINDOW, Math.floor(k / WINDOW)]
        const from = 3 * ((top + y) * width + left + (turned ? WINDOW - 1 - x : x))
        // Planes of blue, green and red.
        for (let c = 0; c < 3; c++) into[c * area + k] = data[from + 2 - c]! - mean[c]!
      }
    },
    whole: (learned) => learned,
    card: {
      network: 'adiencenet',
      classes: [...options.kinds],
      output: 'logits',
      input: { size: WINDOW, channels: 'BGR', scale: 1, mean },
      picture: PICTURE,
      ...(sees === 'face' ? { alignment: 'r' as const } : { fit: 'crop' as const }),
      composite: 'paper',
    },
  }
}

/** The sides of the pictures for a network, and how they are cut. */
export function cutOf(pupil: PupilName, base?: Model) {
  if (pupil === 'adiencenet') return { size: PICTURE, alignment: 'r' as const }
  const { picture } = requirePreprocessing(base!)
  return { size: picture.height, alignment: base!.card.alignment! }
}

/** The value of a built-in network that a new head is put on: its features of a picture. */
const FEATURES = 'global_pooling/Mean'

/** The part of a network that computes the features. */
export function trunkOf({ network }: Model): Graph {
  const output = GraphBuilder.from(network).value(FEATURES)
  return withoutUnread({ ...network, outputs: [output] })
}

/**
 * A new head on a network whose trunk stays as it is: a linear layer on its features.
 *
 * @param base the network, with its card
 * @param features the trunk's features of each example
 */
export function newHead(
  base: Model,
  features: ReadonlyMap<Example, Float32Array>,
  sees: Sees,
  { kinds, seed }: LessonOptions,
): Pupil {
  const trunk = trunkOf(base)
  const [{ shape }] = trunk.outputs as [(typeof trunk.outputs)[number]]
  const size = Number(shape[1])
  const head = new GraphBuilder('head')
  const images = head.input('images', 'float32', ['batch', size])
  const random = new Random(`${seed} weights`)
  const weight = float32([kinds.length, size])
  for (let k = 0; k < weight.data.length; k++) weight.data[k] = random.normal(0, 0.01)
  const values = [
    images,
    head.initializer('head.weight', weight),
    head.initializer('head.bias', float32([kinds.length])),
  ]
  head.output('logits', head.op('Gemm', values, { transB: 1 }, 'head'))
  const { answers: _, meanPicture: __, classes: ___, ...card } = base.card
  return {
    name: 'faceres',
    network: head.graph(),
    write(example, into) {
      into.set(features.get(example)!)
    },
    whole({ initializers }) {
      const g = GraphBuilder.from({ ...trunk, outputs: [] })
      const [w, b] = ['head.weight', 'head.bias'].map((name) => g.initializer(name, initializers.get(name)!))
      g.output('logits', g.op('Gemm', [g.value(FEATURES), w!, b!], { transB: 1 }, 'head'))
      return g.graph()
    },
    card: {
      ...card,
      network: 'faceres with a new head',
      classes: [...kinds],
      output: 'logits',
      ...(sees === 'whole' && { alignment: undefined, fit: 'crop' as const }),
    },
  }
}

/** The batches of a lesson, one after another: a new order for each pass, and all randomness from one seed. */
export class Batches {
  private readonly random: Random
  private readonly examples: readonly Example[]
  private order: readonly Example[] = []
  private taken = 0

  constructor(examples: readonly Example[], seed: number) {
    this.examples = examples
    this.random = new Random(`${seed} batches`)
  }

  /**
   * The feeds of some steps, except for the rate.
   *
   * @param masks of dropout, with the shape of one step's
   */
  draw(steps: number, { network, write }: Pupil, masks: Stepper['masks']): Tensors {
    const shape = network.inputs[0]!.shape.slice(1) as number[]
    const size = shape.reduce((product, d) => product * d, 1)
    const images = float32([steps, BATCH, ...shape])
    const labels: number[] = []
    const drawn = masks.map(({ shape }) => float32([steps, ...(shape as number[])]))
    for (let step = 0; step < steps; step++) {
      for (let k = 0; k < BATCH; k++) {
        const example = this.next()
        const at = (step * BATCH + k) * size
        write(example, images.data.subarray(at, at + size), this.random)
        labels.push(example.kind)
      }
      masks.forEach(({ ratio }, k) => {
        const { data } = drawn[k]!
        const length = data.length / steps
        for (let i = step * length; i < (step + 1) * length; i++)
          data[i] = this.random.chance(ratio) ? 0 : 1 / (1 - ratio)
      })
    }
    const named = Object.fromEntries(masks.map(({ name }, k) => [name, drawn[k]!]))
    return { images, labels: int64([steps, BATCH], labels), ...named }
  }

  private next(): Example {
    if (this.taken === this.order.length) {
      this.order = this.random.shuffle(this.examples)
      this.taken = 0
    }
    return this.order[this.taken++]!
  }
}

/** A network as it learns. */
export class Lesson {
  private readonly engine: Engine
  private readonly stepper: Stepper
  private readonly pupil: Pupil
  private readonly batches: Batches
  private readonly schedule: Schedule
  private state: State
  /** The number of steps taken. */
  done = 0

  private constructor(
    engine: Engine,
    pupil: Pupil,
    stepper: Stepper,
    learned: readonly Example[],
    options: LessonOptions,
  ) {
    this.engine = engine
    this.pupil = pupil
    this.stepper = stepper
    this.batches = new Batches(learned, options.seed)
    this.schedule = scheduleOf(pupil.name, options.steps)
    this.state = atRest(pupil.network)
  }

  /** @param learned the examples that are learned from */
  static async begin(
    engine: Engine,
    pupil: Pupil,
    learned: readonly Example[],
    options: LessonOptions,
  ): Promise<Lesson> {
    const fixed = fixInput(pupil.network, { batch: BATCH })
    return new Lesson(
      engine,
      pupil,
      await stepperFor(engine, fixed, scheduleOf(pupil.name, options.steps)),
      learned,
      options,
    )
  }

  /** Take some steps: as many as one run of the engine has, and no more than until the next look. */
  async step(): Promise<StepNews> {
    const { iterations } = this.schedule
    const count = Math.min(this.stepper.atOnce, iterations - this.done, EVERY - (this.done % EVERY))
    const rate = float32(
      [count],
      Array.from({ length: count }, (_, k) => rateAt(this.schedule, this.done + k)),
    )
    const feeds = this.batches.draw(count, this.pupil, this.stepper.masks)
    const { state, measured } = await this.stepper.run(this.state, { ...feeds, rate })
    this.state = state
    this.done += count
    return { done: this.done, losses: [...measured.losses] }
  }

  /** The network as it is now, with its card. */
  model(): Model {
    const { whole, card } = this.pupil
    return modelOf(whole(this.learned()), 'the taught network', card)
  }

  /** How many of some examples are classified right. */
  async rightOf(examples: readonly Example[]): Promise<number> {
    const program = await this.engine.load(this.learned())
    try {
      const shape = this.pupil.network.inputs[0]!.shape.slice(1) as number[]
      const size = shape.reduce((product, d) => product * d, 1)
      const images = float32([examples.length, ...shape])
      examples.forEach((example, k) => {
        this.pupil.write(example, images.data.subarray(k * size, (k + 1) * size))
      })
      const { logits } = await program.run({ images })
      const [, classes] = logits!.shape as [number, number]
      const answer = (k: number) => {
        const row = (logits!.data as Float32Array).subarray(k * classes, (k + 1) * classes)
        return row.indexOf(row.reduce((a, b) => Math.max(a, b)))
      }
      return examples.filter(({ kind }, k) => answer(k) === kind).length
    } finally {
      await program.release()
    }
  }

  private learned(): Graph {
    const { network } = this.pupil
    return { ...network, initializers: new Map([...network.initializers, ...this.state.weights]) }
  }

  release(): Promise<void> {
    return this.stepper.release()
  }
}

/** The starting weights, with zero velocities. */
function atRest({ initializers }: Graph): State {
  const weights = new Map(
    [...initializers].filter(
      (entry): entry is [string, TensorOf<'float32'>] =>
        entry[1].type === 'float32' && /\.(weight|bias)$/.test(entry[0]),
    ),
  )
  return { weights, velocities: new Map([...weights].map(([name, { shape }]) => [name, float32(shape)])) }
}

/** The mean of blue, green and red, to a tenth, as in the card. */
function meanOf(examples: readonly Example[]): number[] {
  const sums = [0, 0, 0]
  let pixels = 0
  for (const { picture } of examples) {
    picture.data.forEach((value, k) => {
      sums[2 - (k % 3)]! += value
    })
    pixels += picture.data.length / 3
  }
  return sums.map((sum) => Math.round((10 * sum) / pixels) / 10)
}
