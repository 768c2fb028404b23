/**
 * The one source of chance in regard: a seeded generator whose state can be saved and restored.
 *
 * sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, passes PractRand, a few integer operations a
 * draw, and the same bits on every machine because it uses 32-bit integers only.
 */
export class Random {
  private a = 0
  private b = 0
  private c = 0
  private counter = 1

  /** @param seed any text or number; the same seed gives the same draws. */
  constructor(seed: string | number) {
    // FNV-1a with three different starts spreads the seed over the state; 15 draws mix it.
    const text = String(seed)
    this.a = fnv1a(text, 0x811c9dc5)
    this.b = fnv1a(text, 0x9e3779b9)
    this.c = fnv1a(text, 0x85ebca6b)
    for (let i = 0; i < 15; i++) this.uint32()
  }

  /** A uniform integer in [0, 2^32). */
  uint32(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0
    return t >>> 0
  }

  /** A uniform number in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (this.uint32() / 2 ** 32) * (high - low)
  }

  /** A uniform integer in [0, count). */
  integer(count: number): number {
    return Math.floor(this.uniform() * count)
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability
  }

  /** One draw from a normal distribution (Box–Muller, its second value thrown away to keep the state small). */
  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform())
  }

  /** One of the given items. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)]!
  }

  /** A shuffled copy (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items]
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const held = shuffled[i]!
      shuffled[i] = shuffled[j]!
      shuffled[j] = held
    }
    return shuffled
  }

  /** The state, for a checkpoint: four 32-bit integers. */
  get state(): RandomState {
    return [this.a, this.b, this.c, this.counter]
  }

  /** A generator that goes on from a saved state. */
  static from(state: RandomState): Random {
    const random = new Random(0)
    ;[random.a, random.b, random.c, random.counter] = state
    return random
  }
}

/** The state of a {@link Random}. */
export type RandomState = [number, number, number, number]

function fnv1a(text: string, start: number): number {
  let hash = start
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash | 0
}
