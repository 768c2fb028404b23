/** What the page and its worker say to each other. */

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
  /** Of WebAssembly. */
  readonly threads: number
  /** Networks that run on the GPU, by their ids; the others run by WebAssembly. */
  readonly gpu: readonly string[]
  /** Why something does not run on the GPU that could be expected there, in a sentence. */
  readonly why: string | undefined
}

/** A network that the worker holds. */
export interface NetworkInfo {
  readonly id: string
  /** What it can be asked, an output each. */
  readonly answers: readonly AnswerInfo[]
  readonly card: Omit<Card, 'classes'>
  /** Of the picture that the network sees. */
  readonly size: { readonly width: number; readonly height: number } | undefined
  /** Of its weights. */
  readonly bytes: number
  /** The name of the composite that it is explained by where nothing is said. */
  readonly composite: string
  /** Names of the values whose relevance can be shown, from the input to the output. */
  readonly layers: readonly string[]
}

/** What became of the relevance at one layer, and where it can be seen. */
export type FlowLayer = ConservedLayer & {
  /** Its name among the network's `layers`; none where it has no height and width. */
  readonly value: string | undefined
}

/** One thing that a network answers. */
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

/** Paint on the photo, in its pixels. */
export type Stroke = {
  readonly brush: 'cover' | 'blur' | 'erase'
  /** The width of the brush; of an area, how far it is blurred. */
  readonly size: number
} & (
  | { /** Where the brush went. */ readonly points: readonly Point[] }
  | { /** What is filled; each lies over the earlier ones. */ readonly areas: readonly Area[] }
)

/** What an outline goes around. */
export interface Area {
  readonly outline: readonly Point[]
  /** Whether it is filled, or left out of what the earlier ones fill. */
  readonly inside: boolean
}

/** What is asked of one network about one face. */
export interface LookRequest {
  readonly network: string
  readonly output: string
  /** The whole photo where none is given. */
  readonly face: FoundFace | undefined
  readonly align: Align
  readonly class: string
  readonly minus: string | undefined
  /** The card's where neither a composite nor a method is given. */
  readonly way: Composite | NamedMethod | undefined
  /** Numbers of the composite's rules in place of its own. */
  readonly parameters: RuleParameters | undefined
  readonly strokes: readonly Stroke[]
  readonly conservation: boolean
  /** Another value whose map is wanted, in place of the input's. */
  readonly layer: string | undefined
}

/** What a network answers, and why. */
export interface Look {
  readonly answers: readonly Answered[]
  /** The class that was explained. */
  readonly name: string
  readonly probability: number | undefined
  /** An age in years, or another number. */
  readonly value: number | undefined
  readonly logit: number
  /** The sum of the map: what of the logit reached the pixels. */
  readonly reached: number
  readonly warnings: readonly string[]
  readonly map: PixelRelevance
  /** The value that the map is of; undefined where it is of the input. */
  readonly layer: string | undefined
  /** What the network saw; of a size with the map of the input. */
  readonly seen: Image
  /** The part at each pixel of what was seen, by its index in `parts`. */
  readonly labels: Image1
  readonly parts: readonly string[]
  readonly shares: readonly PartShare[]
  /** From what was seen to the photo. */
  readonly toPhoto: Affine
  readonly conservation: readonly FlowLayer[]
  /** The composite or method. */
  readonly by: string
  readonly milliseconds: number
}

/** A picture with one number a pixel. */
interface Image1 {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** What a network is shown of a photo, and what it says to that. */
export interface Preview {
  /** In colours as people see them, whatever the order of the network's channels. */
  readonly seen: Image
  readonly channels: 'RGB' | 'BGR' | 'gray'
  /** The least and the greatest number of the input. */
  readonly low: number
  readonly high: number
  readonly answers: readonly Answered[]
  /** What it says where its channels are in the reverse order; undefined where there is one, or a mean picture. */
  readonly reversed: readonly Answered[] | undefined
}

/** The answer of one output. */
export interface Answered {
  readonly output: string
  readonly task: string | undefined
  /** The likeliest first; none of a number. */
  readonly classes: readonly { readonly name: string; readonly probability: number }[]
  /** The expected age, or another number. */
  readonly value: number | undefined
}

/** What is told while something takes long: how much of how much, of what. */
export type Tell = (what: string, done: number, total: number) => void

/** What learns: AdienceNet from random weights, or a new head on a network that comes with the page. */
export type PupilName = 'adiencenet' | 'faceres'

/** What of a picture is an example: its middle square, or the face in it. */
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
  /** What it is called in messages. */
  readonly name: string
  /** The face's 49 landmarks, where they are known. */
  readonly landmarks?: readonly { readonly x: number; readonly y: number }[]
}

/** What is to be learned. */
export interface TrainRequest extends LessonSetup {
  /** The kinds, with their examples by their ids, the first first. */
  readonly kinds: readonly { readonly name: string; readonly examples: readonly number[] }[]
  readonly seed: number
  readonly steps: number
  readonly mirrored: boolean
  /** The example whose map is kept as it moves. */
  readonly watched: number
}

/** How training goes on. */
export interface StepNews {
  /** Steps that were taken. */
  readonly done: number
  /** The losses of the last of them, one each. */
  readonly losses: readonly number[]
}

/** What the network is like after some steps. */
export interface Glance {
  readonly done: number
  /** Of the examples that are held out: how many of how many are told right. */
  readonly right: number
  readonly held: number
  /** What it says of the watched example, and why it may be of its kind. */
  readonly watched: Told
}

/** What a taught network says of a picture. */
export interface Told {
  /** The kinds as they were given, each with how likely it is. */
  readonly classes: readonly { readonly name: string; readonly probability: number }[]
  /** The kind that the map explains. */
  readonly name: string
  readonly map: PixelRelevance
  readonly seen: Image
}

/** The name of an error after which a worker has no memory left for anything else. */
export const SPENT = 'SpentError'
