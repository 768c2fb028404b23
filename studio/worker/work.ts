/** The worker: it alone holds the photo, the networks and their explainers. */

import { proxy, transfer } from 'comlink'
import {
  against,
  answersOf,
  type BuiltInName,
  builtIn,
  type Card,
  compositeOf,
  decodePhoto,
  type Engine,
  explainBy,
  type FaceFinder,
  type FoundFace,
  type Image,
  inputOf,
  inputToPhoto,
  isMarked,
  loadEngine,
  loadModel,
  type Model,
  openFaceFinder,
  pausing,
  pictureOf,
  pixelRelevance,
  requirePreprocessing,
  rgba,
  sharesByPart,
  UserError,
} from 'regard'
import { answerOf } from './answers.ts'
import { Devices } from './devices.ts'
import { Explainers } from './explainers.ts'
import { fetched } from './fetched.ts'
import { layerMap, mappedAt, valueBehind } from './layers.ts'
import type { Drafts, ModelReport, SavedModel } from './models.ts'
import { OpenPhoto } from './openPhoto.ts'
import type {
  Answered,
  DeviceChoice,
  Look,
  LookRequest,
  NetworkInfo,
  PhotoInfo,
  Place,
  Preview,
  Stroke,
  Tell,
} from './protocol.ts'
import type { Teaching } from './teach.ts'

/** A network's own answer, explained as its card says. */
const PLAIN = {
  output: '',
  align: 'own',
  class: 'top',
  minus: undefined,
  way: undefined,
  parameters: undefined,
  strokes: [],
  conservation: false,
  layer: undefined,
} as const satisfies Partial<LookRequest>

export class Work {
  private engine: Engine | undefined
  private devices: Devices | undefined
  private hear: ((place: Place) => void) | undefined
  private finder: FaceFinder | undefined
  private readonly models = new Map<string, { readonly answers: readonly Model[]; readonly bytes: number }>()
  private readonly explainers = new Explainers((network) => this.devices!.engineFor(network))
  private readonly photo = new OpenPhoto()
  private stopping = new AbortController()
  private folder = ''
  private drafts: Drafts | undefined
  private teacher: Teaching | undefined
  private turn: Promise<unknown> = Promise.resolve()

  /**
   * @param folder the URL of the networks that come with the page
   * @param hear called with where networks run, now and whenever that changes
   */
  async start(folder: string, device: DeviceChoice, hear: (place: Place) => void): Promise<void> {
    this.folder = folder
    this.hear = hear
    const wasm = await loadEngine({ device: 'wasm' })
    this.engine = pausing(wasm)
    this.devices = new Devices(wasm, device, hear)
  }

  /** Run networks elsewhere from now on. */
  async runOn(device: DeviceChoice): Promise<void> {
    const wasm = await loadEngine({ device: 'wasm' })
    await this.alone(async () => {
      await this.explainers.release()
      this.devices?.leave()
      this.devices = new Devices(wasm, device, this.hear!)
    })
  }

  /** Does nothing: the answer shows that the worker is not stuck in a run. */
  beat(): void {}

  /** Stop long work before its next run. */
  stop(): void {
    this.stopping.abort(new UserError('Stopped. Change anything to start again.'))
    this.stopping = new AbortController()
  }

  /**
   * Open a photo and find its faces. A later one stays open, however long this one takes.
   *
   * @param bytes of its file
   * @param number larger for a later photo
   */
  async openPhoto(bytes: Uint8Array, name: string, number: number): Promise<PhotoInfo> {
    const photo = await decodePhoto(bytes, name)
    return this.showPhoto(photo, number)
  }

  /** The same for a decoded picture, such as a camera's. */
  async showPhoto(photo: Image, number: number): Promise<PhotoInfo> {
    const faces = await this.facesIn(photo)
    this.photo.open(photo, number)
    return { width: photo.width, height: photo.height, faces }
  }

  private async facesIn(photo: Image) {
    this.finder ??= await openFaceFinder({ engine: this.engine!, models: this.folder })
    const area = ({ box }: FoundFace) => box.width * box.height
    // A face that the mesh does not recognise has no eyes to align and no parts to name.
    return (await this.finder.find(photo)).filter(isMarked).sort((a, b) => area(b) - area(a))
  }

  /** The teacher; its code is loaded on first use. */
  async teaching() {
    const { Teaching } = await import('./teach.ts')
    this.teacher ??= new Teaching({
      engine: this.engine!,
      find: (photo) => this.facesIn(photo),
      base: async () => {
        if (!this.models.has('faceres')) await this.addBuiltIn('faceres')
        return this.models.get('faceres')!.answers[0]!
      },
      take: (id, file, files) => this.addNetwork(id, file, files),
    })
    return proxy(this.teacher)
  }

  /**
   * The photo with its strokes, to show.
   *
   * @param longest its longer side at most, in pixels
   */
  async paint(strokes: readonly Stroke[], longest: number): Promise<ImageBitmap> {
    const photo = this.photo.with(strokes)
    const scale = Math.min(1, longest / Math.max(photo.width, photo.height))
    const bitmap = await createImageBitmap(new ImageData(rgba(photo), photo.width, photo.height), {
      resizeWidth: Math.max(1, Math.round(scale * photo.width)),
      resizeHeight: Math.max(1, Math.round(scale * photo.height)),
      resizeQuality: 'high',
    })
    return transfer(bitmap, [bitmap])
  }

  /** Load a network that comes with the page, by its name. */
  async addBuiltIn(name: BuiltInName, tell?: Tell): Promise<NetworkInfo> {
    const { files, card } = builtIn[name]
    const found: Record<string, Uint8Array> = {}
    for (const file of Object.keys(files))
      found[file] = await fetched(new URL(file, this.folder), (done, total) => tell?.(file, done, total))
    return this.addNetwork(name, Object.keys(files)[0]!, found, card)
  }

  /**
   * Read a network.
   *
   * @param id its name from now on
   * @param file the name of its file among `files`
   * @param card replaces its own card
   * @throws UserError, also where it is not known how a photo becomes its input
   */
  async addNetwork(
    id: string,
    file: string,
    files: Readonly<Record<string, Uint8Array>>,
    card?: Omit<Card, 'classes'> & { readonly classes?: string[] },
  ): Promise<NetworkInfo> {
    return this.takeIn(id, await loadModel(file, { files, card }))
  }

  /** Hold a model that was read, replacing one of the same name. */
  async takeIn(id: string, read: Model): Promise<NetworkInfo> {
    const answers = answersOf(read)
    const [model] = answers as [Model, ...Model[]]
    const bytes = [...model.network.initializers.values()].reduce((sum, { data }) => sum + data.byteLength, 0)
    await this.removeNetwork(id)
    this.models.set(id, { answers, bytes })
    const { preprocessing } = model
    return {
      id,
      answers: answers.map((each) => ({
        output: each.output,
        task: each.task,
        classes: each.kind === 'number' ? [] : each.classes,
        years: each.task === 'years',
      })),
      card: withoutPicture(model.card),
      size: 'missing' in preprocessing ? undefined : preprocessing.size,
      bytes,
      composite: compositeOf(model).name,
      layers: model.network.nodes
        .filter(({ op }) => op === 'Conv')
        .map(({ outputs: [name] }) => valueBehind(model.network, name!)),
    }
  }

  async removeNetwork(id: string): Promise<void> {
    await this.alone(async () => {
      await this.explainers.release(id)
      this.models.delete(id)
    })
  }

  /**
   * Read the files of a user's model, before its card is complete.
   *
   * @param file the name of its own file among `files`
   */
  async openModel(id: string, file: string, files: Readonly<Record<string, Blob>>): Promise<void> {
    await (await this.draftsOf()).open(id, file, files)
  }

  /**
   * Report what is known about a model and what is missing. If nothing is missing, it is available in Look from then
   * on.
   *
   * @param card as YAML; by default the one in its files
   */
  async describeModel(id: string, card?: string): Promise<ModelReport> {
    return (await this.draftsOf()).describe(id, card)
  }

  /** The same for a network that is already loaded. */
  async reportOn(id: string): Promise<ModelReport> {
    const { reportOn } = await import('./models.ts')
    return reportOn(this.modelOf(id).answers)
  }

  /** A network with its own explanation as the bytes of an `.onnx` file, and the card that belongs to it. */
  async saveExplaining(id: string, output: string): Promise<SavedModel> {
    const { savedExplaining } = await import('./models.ts')
    const { answers } = this.modelOf(id)
    return savedExplaining(answers.find((each) => each.output === output) ?? answers[0]!)
  }

  /** What a network sees of the photo, and its answers with its channels as they are and reversed. */
  async preview(id: string, face: FoundFace | undefined): Promise<Preview> {
    return this.alone(() => inMemory(id, () => this.previewNow(id, face)))
  }

  private async previewNow(id: string, face: FoundFace | undefined): Promise<Preview> {
    const { answers, bytes } = this.modelOf(id)
    const model = answers[0]!
    const request = { ...PLAIN, network: id, face }
    const { picture } = this.photo.shownTo(model, request)
    const preprocessing = requirePreprocessing(model)
    const input = inputOf(picture, preprocessing)
    const { channels, mean, scale } = preprocessing
    const reversed =
      channels !== 'gray' && !('planes' in mean)
        ? inputOf(picture, {
            ...preprocessing,
            channels: channels === 'RGB' ? 'BGR' : 'RGB',
            mean: [...mean].reverse(),
            scale: [...scale].reverse(),
          })
        : undefined
    const explainer = await this.explainers.of(model, bytes, request).catch(() => undefined)
    const said = async (shown: typeof input) => {
      if (!explainer) return (await import('./models.ts')).answersAlone(this.engine!, answers, shown)
      const found = await explainBy(explainer, model, shown)
      return answers.map((each) => answerOf(each, found))
    }
    return {
      seen: pictureOf(input, preprocessing),
      channels,
      low: input.data.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
      high: input.data.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
      answers: await said(input),
      reversed: reversed && (await said(reversed)),
    }
  }

  /** A network's answers where no map can be made. */
  async answer(request: LookRequest): Promise<Answered[]> {
    return this.alone(async () => {
      const { answers } = this.modelOf(request.network)
      const { picture } = this.photo.shownTo(answers[0]!, request)
      const { answersAlone } = await import('./models.ts')
      return answersAlone(this.engine!, answers, inputOf(picture, requirePreprocessing(answers[0]!)))
    })
  }

  /** Ask one network about one face. */
  async look(request: LookRequest, tell?: Tell): Promise<Look> {
    return this.alone(() => inMemory(request.network, () => this.lookNow(request, tell)))
  }

  private async lookNow(request: LookRequest, tell?: Tell): Promise<Look> {
    const start = performance.now()
    const { signal } = this.stopping
    const known = this.modelOf(request.network)
    const model = known.answers.find(({ output }) => output === request.output) ?? known.answers[0]!
    const asked = against(model, request.minus)
    const explainer = await this.explainers.of(asked, known.bytes, request)
    const { picture, toPhoto, labels } = this.photo.shownTo(model, request)
    const found = await explainBy(explainer, asked, picture, {
      class: request.class,
      minus: request.minus,
      signal,
      progress: (done, total) => tell?.('Explaining', done, total),
    })
    const preprocessing = requirePreprocessing(model)
    const map = pixelRelevance(found.relevance, preprocessing.layout)
    const cut = centre(labels, map)
    return {
      answers: known.answers.map((each) => answerOf(each, found)),
      name: found.name,
      probability: found.probability,
      value: found.value,
      logit: found.logit,
      reached: map.data.reduce((sum, value) => sum + value, 0),
      warnings: found.warnings,
      map: request.layer ? layerMap(found, request.layer) : map,
      layer: request.layer,
      seen: found.seen!,
      labels: cut,
      parts: labels.parts,
      shares: sharesByPart(map, cut, labels.parts.length),
      toPhoto: inputToPhoto(preprocessing, picture, toPhoto),
      conservation: found.conservation.map((row) => ({ ...row, value: mappedAt(model.network, row.layer) })),
      by: nameOf(model, request),
      milliseconds: performance.now() - start,
    }
  }

  /** One at a time, so that nothing is released while in use. */
  private async alone<Result>(act: () => Promise<Result>): Promise<Result> {
    const mine = this.turn.then(act)
    this.turn = mine.catch(() => {})
    return mine
  }

  private modelOf(id: string) {
    const known = this.models.get(id)
    if (!known) throw new UserError('is not loaded', id)
    return known
  }

  /** The code that reads users' models is loaded when there is one. */
  private async draftsOf(): Promise<Drafts> {
    const { Drafts } = await import('./models.ts')
    this.drafts ??= new Drafts(this)
    return this.drafts
  }
}

/** Do something with a network; report if there is not enough memory for it. */
async function inMemory<Result>(network: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    throw (await import('./models.ts')).refused(error, network)
  }
}

/** The centre of labels, in the size of a map. */
function centre(
  labels: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  { width, height }: { readonly width: number; readonly height: number },
) {
  const [left, top] = [Math.floor((labels.width - width) / 2), Math.floor((labels.height - height) / 2)]
  const data = Uint8Array.from(
    { length: width * height },
    (_, k) => labels.data[(top + Math.floor(k / width)) * labels.width + left + (k % width)]!,
  )
  return { width, height, data }
}

function nameOf(model: Model, { way }: LookRequest): string {
  if (!way) return compositeOf(model).name
  return 'name' in way ? way.name : way.method!
}

function withoutPicture({ meanPicture: _, ...card }: Model['card']): Omit<Card, 'classes'> {
  const { classes: __, ...rest } = card
  return rest
}
