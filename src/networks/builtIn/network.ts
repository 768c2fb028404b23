/** A network that needs no training: published by others, with its files on npm, and what must be known about it. */
export interface BuiltInNetwork {
  readonly title: string
  /**
   * The package that holds its files: `human`, which regard depends on, or `human-models`, which is fetched on demand.
   */
  readonly package: 'human' | 'human-models'
  /** The SHA-256 of each of its files, in hexadecimal; the model's own is the first. */
  readonly files: Readonly<Record<string, string>>
  /** How a photo becomes its input, and what it answers: a model card. */
  readonly card: BuiltInCard
  /** Where it was published, with its authors. */
  readonly source: string
  readonly licence: string
  /** On which faces it was trained, as far as its authors say. */
  readonly trainedOn: string
  /**
   * On 960 faces of UTKFace, by the centre crop: the mean absolute error of the age in years, and how often the gender
   * is right, in %.
   */
  readonly figures: { readonly utkface: { readonly error?: number; readonly gender?: number } }
  /** What to know before using its answers. */
  readonly limits: readonly string[]
}

/** The part of a model card that a built-in network has. */
interface BuiltInCard {
  readonly answers: BuiltInAnswer[]
  readonly input: {
    readonly channels: 'RGB' | 'BGR'
    readonly scale: number
    readonly mean: number | number[]
  }
  readonly composite?: 'epsilon-plus-flat-unbiased'
  readonly alignment: { readonly box: number | [width: number, height: number]; readonly down?: number }
}

interface BuiltInAnswer {
  readonly output: string
  readonly task: 'gender' | 'years'
  readonly classes?: string[]
  readonly ages?: number[]
  readonly plain?: boolean
}
