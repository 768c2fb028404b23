/**
 * What Node and the browser each provide in their own way, and the functions that regard builds on it: the same names
 * and types on both sides.
 */

import { UsageError } from './base/errors.ts'
import type { Engine } from './engine/engine.ts'
import type { FaceFinder } from './faces/face.ts'
import { type Files, MissingFile, nameOf } from './formats/files.ts'
import { readModel } from './formats/model.ts'
import { pathOf } from './formats/web.ts'
import type { TensorOf } from './graph/types.ts'
import {
  type ExplainOptions,
  explain as explainWith,
  type ModelExplanation,
  type ModelInput,
} from './models/explain.ts'
import { type Model, type ModelOptions, openModel } from './models/model.ts'
import type { Image } from './pictures/image.ts'
import { type CanvasPixels, fromRgba } from './pictures/rgba.ts'

/** Where networks run, and on how many threads. */
export interface EngineOptions {
  /**
   * `cpu` is native code, which a page lacks; `wasm` WebAssembly; `webgpu` the GPU; `auto` the GPU where a real one
   * passes a check, else the CPU. By default: native code in Node, WebAssembly in a page.
   */
  readonly device?: 'auto' | 'cpu' | 'wasm' | 'webgpu'
  /** Threads of one run on the CPU; by default one for each core. A page that is not cross-origin isolated gets one. */
  readonly threads?: number
}

/** Files in memory, by their names: a model and what belongs to it, such as its card. */
export type FilesInMemory = Readonly<Record<string, Uint8Array>>

/** What to know about a model besides its URL. */
export interface LoadModelOptions extends ModelOptions {
  /**
   * Where its files come from: bytes by name, or a function that gives them. By default the model's name is a URL, and
   * the files beside it are fetched too.
   */
  readonly files?: Files | FilesInMemory
}

/**
 * A photo: decoded, as the bytes of its file, as a Blob (such as a File), by its URL, as the pixels of a canvas (an
 * `ImageData`); or input that is ready for the network.
 */
export type Photo = Image | Uint8Array | Blob | URL | CanvasPixels | TensorOf<'float32'>

/** The face finder's two networks. */
export interface FaceFinderOptions {
  readonly engine?: Engine
  /**
   * The URL of the folder with `blazeface.json` and `facemesh.json` of the npm package @vladmandic/human, and the files
   * that belong to them; it ends with a slash. In Node the default is the package itself.
   */
  readonly models?: URL | string
}

/** regard's functions that need an engine, a decoder of pictures, or files. */
export interface Regard {
  /**
   * Load ONNX Runtime: native or WebAssembly in Node, WebAssembly or WebGPU in a page.
   *
   * @throws UserError where the device that is asked for is missing
   */
  loadEngine(options?: EngineOptions): Promise<Engine>

  /**
   * Read a model of any format, and its card where it has one.
   *
   * @param model its URL; or with `files` its name among these. In a page a URL may be relative
   * @throws UserError when something is missing, malformed, or does not fit
   */
  loadModel(model: string | URL, options?: LoadModelOptions): Promise<Model>

  /**
   * Decode a picture file: upright, 8-bit RGB, transparent parts on white.
   *
   * @param where the photo's name in messages
   * @throws UserError when it cannot be read, or has more than 65 million pixels
   */
  decodePhoto(bytes: Uint8Array, where?: string): Promise<Image>

  /**
   * Explain what a model says of one photo. It loads the network each time: for many photos, load an explainer by
   * {@link loadModelExplainer} and explain each by {@link explainBy}.
   *
   * @param model from {@link loadModel}, or its URL
   * @param options `engine`: by default what {@link loadEngine} gives
   * @throws UserError when something does not fit, or is not known of how photos become the input; the signal's reason,
   *   when that stops it
   */
  explain(
    model: Model | string | URL,
    photo: Photo,
    options?: Partial<ExplainOptions>,
  ): Promise<ModelExplanation>

  /**
   * A photo as a model's input: a decoded image, or ready input unchanged.
   *
   * @throws UserError when it cannot be read
   */
  toModelInput(photo: Photo): Promise<ModelInput>

  /** Load the networks that find faces. */
  openFaceFinder(options?: FaceFinderOptions): Promise<FaceFinder>
}

/** What each platform must provide. */
export interface Platform extends Pick<Regard, 'loadEngine'> {
  decodePhoto(bytes: Uint8Array, where: string): Promise<Image>
  /** The files of the folder that a URL lies in. */
  filesAt(url: URL): Files
  /** A URL from the text that a user wrote. */
  urlOf(text: string): URL
  /** Where the face finder's networks lie, if that is known. */
  readonly faceModels?: () => URL
}

/** regard on a platform. */
export function regardOn({ loadEngine, decodePhoto, filesAt, urlOf, faceModels }: Platform): Regard {
  const urlFrom = (where: string | URL) => (typeof where === 'string' ? urlOf(where) : where)

  async function loadModel(
    model: string | URL,
    { files, ...options }: LoadModelOptions = {},
  ): Promise<Model> {
    if (files) return openModel(String(model), typeof files === 'function' ? files : inMemory(files), options)
    const url = urlFrom(model)
    // Nobody else holds the bytes that were fetched.
    return openModel(pathOf(url), filesAt(url), { overwrite: true, ...options })
  }

  async function toModelInput(photo: Photo): Promise<ModelInput> {
    if (photo instanceof URL) {
      return decodePhoto(await filesAt(photo)(nameOf(pathOf(photo))), photo.href)
    }
    if (photo instanceof Blob) {
      const name = 'name' in photo ? String(photo.name) : 'the photo'
      return decodePhoto(new Uint8Array(await photo.arrayBuffer()), name)
    }
    if (photo instanceof Uint8Array) return decodePhoto(photo, 'the photo')
    if (typeof photo !== 'object' || photo === null || !('data' in photo)) {
      throw new UsageError(
        'is neither a picture, nor the bytes of one, a Blob or a URL',
        `the photo ${photo}`,
        'For an address, give new URL(…); for a path, use explainFile of `regard/node`',
      )
    }
    if ('type' in photo) return photo
    const { width, height, data } = photo
    if (data instanceof Uint8ClampedArray && data.length === 4 * width * height)
      return fromRgba({ width, height, data })
    // Clamped bytes are read like others.
    return { width, height, data: data as Uint8Array }
  }

  return {
    loadEngine,
    loadModel,
    toModelInput,
    decodePhoto: (bytes, where = 'the photo') => decodePhoto(bytes, where),
    async explain(model, photo, options = {}) {
      const opened = typeof model === 'string' || model instanceof URL ? await loadModel(model) : model
      const engine = options.engine ?? (await loadEngine())
      return explainWith(opened, await toModelInput(photo), { ...options, engine })
    },
    async openFaceFinder({ engine, models } = {}) {
      const folder = models === undefined ? faceModels?.() : urlFrom(models)
      if (!folder) {
        throw new UsageError(
          'the place of the networks that find faces is unknown',
          'models',
          'Serve the folder models/ of the npm package @vladmandic/human, and give its URL',
        )
      }
      const read = (name: string) => {
        const url = new URL(name, folder)
        return readModel(url.href, filesAt(url), { overwrite: true })
      }
      const [detector, mesh] = await Promise.all([read('blazeface.json'), read('facemesh.json')])
      // A page that explains no photos of faces never needs it.
      const { loadFaceFinder } = await import('./faces/find.ts')
      return loadFaceFinder(engine ?? (await loadEngine()), { detector, mesh })
    },
  }
}

function inMemory(files: FilesInMemory): Files {
  return async (name) => {
    const bytes = files[name]
    if (!bytes) throw new MissingFile(name)
    return bytes
  }
}
