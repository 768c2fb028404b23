/**
 * Cuts windows out of pictures on threads of its own, ahead of the engine, which holds the main thread while it runs.
 * The random choices for a window are made beforehand; the threads only read, cut and subtract, so the result does not
 * depend on which of them is first.
 */

import { Workers, workerModule } from '../base/workers.ts'
import type { StoredPicture } from '../datasets/pack.ts'
import { sizeOf, type TensorOf } from '../graph/types.ts'
import type { Crop } from '../pictures/crop.ts'
import type { Distortion } from './augmentation.ts'
import type { HideWay } from './hiding.ts'

/** A window of a picture. */
export interface Window extends Crop {
  readonly picture: StoredPicture
  /** The changes to it; by default none. */
  readonly distortion?: Distortion
  /** What to hide in its picture before it is cut; by default nothing. */
  readonly hidden?: HiddenPart
}

/** A part that is hidden in one picture. */
export interface HiddenPart {
  /** Its index, and the picture of where the parts lie. */
  readonly part: number
  readonly parts: StoredPicture
  readonly how: HideWay
  /** The seed of the noise. */
  readonly seed: number
  /** A picture of another class, to swap with. */
  readonly other: { readonly picture: StoredPicture; readonly parts: StoredPicture }
}

/** How many of the engine's runs are cut ahead, and on how many threads. */
const AHEAD = 2

/** What a thread is asked to do: add up pictures, or cut windows, subtract the mean, and fill a buffer. */
export type CutterJob =
  | { readonly sum: readonly StoredPicture[]; readonly size: number }
  | {
      readonly windows: readonly Window[]
      readonly size: number
      readonly crop: number
      readonly mean: Float32Array
      readonly into: ArrayBuffer
    }

/** Cuts windows of one size out of pictures of one size. */
export class Cutter {
  /** The mean picture once {@link average} has run: planes of blue, green and red, each size × size. */
  readonly mean: Float32Array
  /** The side of a window, in pixels. */
  readonly crop: number
  private readonly size: number
  private readonly workers: Workers<CutterJob, ArrayBuffer>
  // Shared with the threads.
  private readonly shared: Float32Array
  // Buffers that the engine is done with: a new one of many megabytes would have to be cleared first.
  private readonly free: ArrayBuffer[] = []

  constructor(size: number, crop: number) {
    this.size = size
    this.crop = crop
    this.mean = new Float32Array(3 * size * size)
    this.shared = new Float32Array(new SharedArrayBuffer(this.mean.byteLength))
    this.workers = new Workers(workerModule(import.meta.url, 'cutter.worker.js'), AHEAD)
  }

  /** Compute the mean of pictures, which is subtracted from every window. */
  async average(pictures: readonly StoredPicture[]): Promise<void> {
    const { size } = this
    const share = Math.ceil(pictures.length / AHEAD)
    const parts = await Promise.all(
      Array.from({ length: AHEAD }, async (_, k) => {
        const sum = pictures.slice(k * share, (k + 1) * share)
        return new Uint32Array(await this.workers.run({ sum, size }))
      }),
    )
    const area = size * size
    for (let k = 0; k < this.mean.length; k++) {
      const [plane, place] = [Math.floor(k / area), k % area]
      const sum = parts.reduce((total, part) => total + part[place * 3 + 2 - plane]!, 0)
      this.mean[k] = sum / pictures.length
    }
    this.shared.set(this.mean)
  }

  /**
   * Cut windows, once {@link average} has run: planes of blue, green and red, the mean picture's window subtracted.
   *
   * @param leading the dimensions before those of a picture; as many windows in all
   * @returns float32 [...leading, 3, crop, crop]
   */
  async cut(windows: readonly Window[], leading: readonly number[]): Promise<TensorOf<'float32'>> {
    const { size, crop } = this
    const shape = [...leading, 3, crop, crop]
    const count = sizeOf(shape)
    const place = this.free.findIndex((buffer) => buffer.byteLength >= 4 * count)
    const into = place < 0 ? new ArrayBuffer(4 * count) : this.free.splice(place, 1)[0]!
    const filled = await this.workers.run({ windows, size, crop, mean: this.shared, into }, [into])
    return { type: 'float32', shape, data: new Float32Array(filled, 0, count) }
  }

  /** Take back a tensor from {@link cut} that is no longer needed. */
  recycle({ data }: TensorOf<'float32'>): void {
    this.free.push(data.buffer as ArrayBuffer)
  }

  /** End the threads. */
  async close(): Promise<void> {
    await this.workers.close()
  }
}

/** The items of a sequence, the next {@link AHEAD} already begun whenever one is given out. */
export async function* ahead<Item>(items: Iterable<Promise<Item>>): AsyncGenerator<Item> {
  const begun: Promise<Item>[] = []
  for (const item of items) {
    begun.push(item)
    // One that fails before it is awaited reports its failure when its turn comes.
    item.catch(() => {})
    if (begun.length > AHEAD) yield await begun.shift()!
  }
  for (const item of begun) yield await item
}
