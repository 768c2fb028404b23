/** The messages between the page and its worker. */

import type {
  Affine,
  Card,
  Composite,
  ConservedLayer,
  FoundFace,
  Image,
  NamedMethod,
  PartShare,
  PixelRelevance,
  Point,
  RuleParameters,
} from 'regard'

/** Where networks may run: on the GPU where there is a real one and it is faster, by WebAssembly, or on any GPU. */
export const DEVICES = ['auto', 'wasm', 'webgpu'] as const

export type DeviceChoice = (typeof DEVICES)[number]

/** Where networks run here. */
export interface Place {
  /** The threads of WebAssembly. */
  readonly threads: number
  /** Networks that run on the GPU, by their ids; the others run by WebAssembly. */
  readonly gpu: readonly string[]
  /** Why something that could be expected on the GPU does not run there, in a sentence. */
  readonly why: string | undefined
}

/** A network that the worker holds. */
export interface NetworkInfo {
  readonly id: string
  /** What it can be asked, one entry for each output. */
  readonly answers: readonly AnswerInfo[]
  readonly card: Omit<Card, 'classes'>
  /** The size of the picture that the network sees. */
  readonly size: { readonly width: number; readonly height: number } | undefined
  /** The bytes of its weights. */
  readonly bytes: number
  /** The name of its default composite. */
  readonly composite: string
  /** Names of the values whose relevance can be shown, from the input to the output. */
  readonly layers: readonly string[]
}

/** What became of the relevance at one layer, and where it can be seen. */
export type FlowLayer = ConservedLayer & {
  /** Its name among the network's `layers`; undefined where it lacks height and width. */
  readonly value: string | undefined
}

/** One answer of a network. */
interface AnswerInfo {
  readonly output: string
  readonly task: string | undefined
  readonly classes: readonly string[]
  /** Whether its classes are ages, so that an age in years can be asked for. */
  readonly years: boolean
}

/** A photo that was opened. */
export interface PhotoInfo {
  readonly width: number
  readonly height: number
  readonly faces: readonly FoundFace[]
}

/** How a face is cut out: as the card says, or aligned in one of the paper's ways. */
export type Align = 'own' | 'r' | 'i'

/** A stroke on the photo, in pixels of the photo. */
export type Stroke = {
  readonly brush: 'cover' | 'blur' | 'erase'
  /** The width of the brush; for an area, the radius of the blur. */
  readonly size: number
} & (
  | { /** Where the brush went. */ readonly points: readonly Point[] }
  | { /** What is filled; each lies over the earlier ones. */ readonly areas: readonly Area[] }
)

/** An outlined area. */
export interface Area {
  readonly outline: readonly Point[]
  /** Whether it is filled, or left out of what the earlier ones fill. */
  readonly inside: boolean
}

/** A question to one network about one face. */
export interface LookRequest {
  readonly network: string
  readonly output: string
  /** By default the whole photo. */
  readonly face: FoundFace | undefined
  readonly align: Align
  readonly class: string
  readonly minus: string | undefined
  /** By default the card's. */
  readonly way: Composite | NamedMethod | undefined
  /** Numbers of the composite's rules instead of its own. */
  readonly parameters: RuleParameters | undefined
  readonly strokes: readonly Stroke[]
  readonly conservation: boolean
  /** Another value whose map is wanted instead of the input's. */
  readonly layer: string | undefined
}

/** A network's answer, and its explanation. */
export interface Look {
  readonly answers: readonly Answered[]
  /** The explained class. */
  readonly name: string
  readonly probability: number | undefined
  /** An age in years, or another number. */
  readonly value: number | undefined
  readonly logit: number
  /** The sum of the map: the part of the logit that reached the pixels. */
  readonly reached: number
  readonly warnings: readonly string[]
  readonly map: PixelRelevance
  /** The value that the map belongs to; undefined for the input. */
  readonly layer: string | undefined
  /** What the network saw, in the size of the input's map. */
  readonly seen: Image
  /** The part at each pixel of what was seen, by its index in `parts`. */
  readonly labels: Image1
  readonly parts: readonly string[]
  readonly shares: readonly PartShare[]
  /** From points of `seen` to points of the photo. */
  readonly toPhoto: Affine
  readonly conservation: readonly FlowLayer[]
  /** The composite or method. */
  readonly by: string
  readonly milliseconds: number
}

/** A picture with one number for each pixel. */
interface Image1 {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** What a network sees of a photo, and its answers. */
export interface Preview {
  /** In true colours, whatever the order of the network's channels. */
  readonly seen: Image
  readonly channels: 'RGB' | 'BGR' | 'gray'
  /** The least and the greatest number of the input. */
  readonly low: number
  readonly high: number
  readonly answers: readonly Answered[]
  /** Its answers with the channels reversed; undefined where there is a single one, or a mean picture. */
  readonly reversed: readonly Answered[] | undefined
}

/** The answer of one output. */
export interface Answered {
  readonly output: string
  readonly task: string | undefined
  /** The likeliest first; empty for a number. */
  readonly classes: readonly { readonly name: string; readonly probability: number }[]
  /** The expected age, or another number. */
  readonly value: number | undefined
}

/** Reports progress of long work: what, how much is done, and of how much. */
export type Tell = (what: string, done: number, total: number) => void

/** What learns: AdienceNet from random weights, or a new head on a network that comes with the page. */
export type PupilName = 'adiencenet' | 'faceres'

/** Which part of a picture is an example: its middle square, or the face in it. */
export type Sees = 'whole' | 'face'

/** How examples are cut. */
export interface LessonSetup {
  readonly pupil: PupilName
  readonly sees: Sees
}

/** Something that can become an example. */
export interface ExampleSource {
  /** A picture, or the bytes of its file. */
  readonly photo: Image | Uint8Array
  /** Its name in messages. */
  readonly name: string
  /** The face's 49 landmarks, where they are known. */
  readonly landmarks?: readonly { readonly x: number; readonly y: number }[]
}

/** A request to train. */
export interface TrainRequest extends LessonSetup {
  /** The kinds, with their examples by their ids, the first first. */
  readonly kinds: readonly { readonly name: string; readonly examples: readonly number[] }[]
  readonly seed: number
  readonly steps: number
  readonly mirrored: boolean
  /** The example whose map is recorded during training. */
  readonly watched: number
}

/** News of a training. */
export interface StepNews {
  /** Steps that were taken. */
  readonly done: number
  /** The losses of the latest steps, one each. */
  readonly losses: readonly number[]
}

/** The state of the network after some steps. */
export interface Glance {
  readonly done: number
  /** How many of the held-out examples are classified right. */
  readonly right: number
  readonly held: number
  /** Its answer to the watched example, and the map for that example's kind. */
  readonly watched: Told
}

/** A taught network's answer to a picture. */
export interface Told {
  /** The kinds in their order, each with its probability. */
  readonly classes: readonly { readonly name: string; readonly probability: number }[]
  /** The kind that the map explains. */
  readonly name: string
  readonly map: PixelRelevance
  readonly seen: Image
}

/** The name of an error after which a worker can do nothing more. */
export const SPENT = 'SpentError'
