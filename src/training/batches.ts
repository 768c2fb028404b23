import { Random, type RandomState } from '../base/random.ts'
import type { Tensors } from '../engine/engine.ts'
import { float32, int64 } from '../graph/types.ts'
import { type Augmentation, drawDistortion } from './augmentation.ts'
import type { HiddenPart, Window } from './cutter.ts'
import type { Hide } from './hiding.ts'
import type { Pictures } from './pictures.ts'
import type { DropoutMask } from './step.ts'

/** Where a run is in its data: enough to continue with the same draws. */
export interface BatchesState {
  readonly random: RandomState
  /** The order of this pass through the pictures, and how many of them were taken. */
  readonly order: readonly number[]
  readonly taken: number
}

/** What a {@link Batches} needs to know. */
export interface BatchesOptions {
  readonly pictures: Pictures
  readonly crop: number
  readonly batch: number
  readonly masks: readonly DropoutMask[]
  /** How windows are changed; by default not at all. */
  readonly augmentation?: Augmentation
  readonly seed: string
}

/**
 * Draws batches: a new random order for each pass through the pictures, a random window and mirror for each
 * picture, and the dropout masks, all from one seeded generator.
 */
export class Batches {
  private readonly options: BatchesOptions
  /** The pictures of each class, in rising order. */
  private readonly ofClass = new Map<number, number[]>()
  private random: Random
  private order: number[]
  private taken = 0

  constructor(options: BatchesOptions) {
    this.options = options
    for (const [index, label] of options.pictures.labels.entries()) {
      const own = this.ofClass.get(label)
      if (own) own.push(index)
      else this.ofClass.set(label, [index])
    }
    this.random = new Random(options.seed)
    this.order = this.newOrder()
  }

  /** The state after the batches drawn so far. */
  get state(): BatchesState {
    return { random: this.random.state, order: [...this.order], taken: this.taken }
  }

  /** Continue from a saved state. */
  restore({ random, order, taken }: BatchesState): void {
    this.random = Random.from(random)
    this.order = [...order]
    this.taken = taken
  }

  /**
   * The next `steps` batches: the windows of their pictures, one batch after another; and, with a leading dimension of
   * `steps`, `labels` and the masks. Each batch draws its own pictures and masks, so that it is the same however many
   * are drawn at a time.
   */
  draw(steps: number): { windows: Window[]; tensors: Tensors } {
    const { pictures, crop, batch, masks, augmentation } = this.options
    const windows: Window[] = []
    const labels: number[] = []
    const masked = masks.map(({ name, shape, ratio }) => ({
      name,
      ratio,
      tensor: float32([steps, ...(shape as number[])]),
    }))
    for (let step = 0; step < steps; step++) {
      for (let k = 0; k < batch; k++) {
        const index = this.next()
        const room = pictures.size - crop + 1
        windows.push({
          picture: pictures.pixels[index]!,
          left: this.random.integer(room),
          top: this.random.integer(room),
          mirrored: this.random.chance(0.5),
          ...(augmentation && { distortion: drawDistortion(augmentation, this.random) }),
          ...(augmentation?.hide && { hidden: this.hidden(index, augmentation.hide) }),
        })
        labels.push(pictures.labels[index]!)
      }
      for (const { ratio, tensor } of masked) {
        const size = tensor.data.length / steps
        this.mask(tensor.data.subarray(step * size, (step + 1) * size), ratio)
      }
    }
    const tensors = Object.fromEntries(masked.map(({ name, tensor }) => [name, tensor]))
    return { windows, tensors: { labels: int64([steps, batch], labels), ...tensors } }
  }

  /** What to hide in a picture, if it is drawn for hiding. */
  private hidden(index: number, { part, probability, how }: Hide): HiddenPart | undefined {
    if (!this.random.chance(probability)) return undefined
    const { pixels, labels, parts } = this.options.pictures
    const seed = this.random.uint32()
    const other = this.pickOther(labels[index]!)
    return {
      part: parts!.names.indexOf(part),
      parts: parts!.maps[index]!,
      how,
      seed,
      other: { picture: pixels[other]!, parts: parts!.maps[other]! },
    }
  }

  /** A picture of another class. A list of these for each class would take much memory where classes are years. */
  private pickOther(label: number): number {
    const own = this.ofClass.get(label)!
    const place = this.random.integer(this.options.pictures.labels.length - own.length)
    // How many pictures of the class come before it: before `own[k]` come `own[k] - k` of others.
    let [low, high] = [0, own.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (own[middle]! - middle <= place) low = middle + 1
      else high = middle
    }
    return place + low
  }

  // Kept elements are scaled up, so that nothing changes outside training.
  private mask(data: Float32Array, ratio: number): void {
    for (let k = 0; k < data.length; k++) data[k] = this.random.chance(ratio) ? 0 : 1 / (1 - ratio)
  }

  private next(): number {
    if (this.taken === this.order.length) {
      this.order = this.newOrder()
      this.taken = 0
    }
    return this.order[this.taken++]!
  }

  private newOrder(): number[] {
    return this.random.shuffle(this.options.pictures.pixels.map((_, index) => index))
  }
}
