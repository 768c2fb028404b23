/** What the worker does: it holds the photo, the networks and what explains them, and nobody else does. */

import { proxy } from 'comlink'
import {
  against,
  agesOf,
  answersOf,
  type BuiltInName,
  builtIn,
  type Card,
  type Composite,
  type Cut,
  composites,
  cutFound,
  decodePhoto,
  type Engine,
  type Explainer,
  expectedAgeIn,
  explainBy,
  FACE_PARTS,
  type FaceFinder,
  type Image,
  inputToPhoto,
  loadEngine,
  loadModel,
  loadModelExplainer,
  type Model,
  type ModelExplanation,
  openFaceFinder,
  partsInCut,
  pausing,
  pixelRelevance,
  requirePreprocessing,
  sharesByPart,
  UserError,
} from 'regard'
import { painted } from './paint.ts'
import type { Answered, Look, LookRequest, NetworkInfo, PhotoInfo, Place, Stroke, Tell } from './protocol.ts'
import type { Teaching } from './teach.ts'

/** Explainers that are kept loaded: two networks, say, each asked two things. */
const KEPT = 4

/** Larger networks are loaded alone, in bytes of weights. */
const LARGE = 100 * 2 ** 20

/** Nine fields, for pictures of which no parts are known. */
const FIELDS = [
  'top left',
  'top',
  'top right',
  'left',
  'middle',
  'right',
  'bottom left',
  'bottom',
  'bottom right',
]

interface Loaded {
  readonly key: string
  readonly explainer: Explainer
  readonly bytes: number
}

export class Work {
  private engine: Engine | undefined
  private finder: FaceFinder | undefined
  private readonly models = new Map<string, { readonly answers: readonly Model[]; readonly bytes: number }>()
  /** The one that was used last is the last. */
  private loaded: Loaded[] = []
  private photo: Image | undefined
  private edited: { readonly strokes: readonly Stroke[]; readonly photo: Image } | undefined
  private stopping = new AbortController()
  private folder = ''
  private teacher: Teaching | undefined

  /** @param folder where the networks lie that come with the page: its URL */
  async start(folder: string): Promise<Place> {
    this.folder = folder
    this.engine ??= pausing(await loadEngine({ device: 'wasm' }))
    const { device, threads } = this.engine
    return { device, threads }
  }

  /** Stop what runs long, before its next run. */
  stop(): void {
    this.stopping.abort(new UserError('it was stopped'))
    this.stopping = new AbortController()
  }

  /**
   * Open a photo and find its faces.
   *
   * @param bytes of its file
   */
  async openPhoto(bytes: Uint8Array, name: string): Promise<PhotoInfo> {
    const photo = await decodePhoto(bytes, name)
    return this.showPhoto(photo)
  }

  /** The same of a picture that is decoded, as a camera gives it. */
  async showPhoto(photo: Image): Promise<PhotoInfo> {
    const faces = await this.facesIn(photo)
    this.photo = photo
    this.edited = undefined
    return { width: photo.width, height: photo.height, faces }
  }

  private async facesIn(photo: Image) {
    this.finder ??= await openFaceFinder({ engine: this.engine!, models: this.folder })
    return this.finder.find(photo)
  }

  /** What teaches networks; its code is loaded when it is first asked for. */
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

  /** The photo with what was painted on it. */
  paint(strokes: readonly Stroke[]): Image {
    return this.photoWith(strokes)
  }

  /** Load a network that comes with the page, by its name. */
  async addBuiltIn(name: BuiltInName, tell?: Tell): Promise<NetworkInfo> {
    const { files, card } = builtIn[name]
    const found: Record<string, Uint8Array> = {}
    for (const file of Object.keys(files)) found[file] = await fetched(new URL(file, this.folder), file, tell)
    return this.addNetwork(name, Object.keys(files)[0]!, found, card)
  }

  /**
   * Read a network.
   *
   * @param id what it is called from now on
   * @param file the name of its file among `files`
   * @param card what is said of it in place of its own card
   * @throws UserError, also where it is not known how a photo becomes its input
   */
  async addNetwork(
    id: string,
    file: string,
    files: Readonly<Record<string, Uint8Array>>,
    card?: Omit<Card, 'classes'> & { readonly classes?: string[] },
  ): Promise<NetworkInfo> {
    const answers = answersOf(await loadModel(file, { files, card }))
    const [model] = answers as [Model, ...Model[]]
    const bytes = [...model.network.initializers.values()].reduce((sum, { data }) => sum + data.byteLength, 0)
    await this.removeNetwork(id)
    this.models.set(id, { answers, bytes })
    const { preprocessing } = model
    const { composite } = model.card
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
      composite: typeof composite === 'string' ? composite : (composite?.name ?? 'paper'),
      layers: model.network.nodes.filter(({ op }) => op === 'Conv').map(({ outputs: [name] }) => name!),
    }
  }

  async removeNetwork(id: string): Promise<void> {
    for (const one of this.loaded.filter(({ key }) => key.startsWith(`${id} `))) await this.release(one)
    this.models.delete(id)
  }

  /** Ask one network about one face. */
  async look(request: LookRequest, tell?: Tell): Promise<Look> {
    const start = performance.now()
    const { signal } = this.stopping
    const known = this.models.get(request.network)
    if (!known) throw new UserError('is not loaded', request.network)
    const model = known.answers.find(({ output }) => output === request.output) ?? known.answers[0]!
    const asked = against(model, request.minus)
    const explainer = await this.explainerOf(asked, known.bytes, request)
    const { picture, toPhoto, labels } = this.shown(model, request)
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
      seen: found.seen!,
      labels: cut,
      parts: labels.parts,
      shares: sharesByPart(map, cut, labels.parts.length),
      toPhoto: inputToPhoto(preprocessing, picture, toPhoto),
      conservation: found.conservation,
      by: nameOf(model, request),
      milliseconds: performance.now() - start,
    }
  }

  /** The picture that a network is shown, from there to the photo, and its parts. */
  private shown(model: Model, { face, align, strokes }: LookRequest) {
    const photo = this.photoWith(strokes)
    const { picture } = requirePreprocessing(model)
    if (!face) {
      return { picture: photo, toPhoto: undefined, labels: { ...fields(picture), parts: FIELDS } }
    }
    const as: Cut = align === 'own' ? (model.card.alignment ?? 'r') : align
    const cut = cutFound(photo, face, as, picture.height)
    const labels = partsInCut(face.mesh, cut.map, picture.height)
    return { picture: cut.picture, toPhoto: cut.map, labels: { ...labels, parts: FACE_PARTS } }
  }

  private photoWith(strokes: readonly Stroke[]): Image {
    const { photo } = this
    if (!photo) throw new UserError('no photo is open')
    if (strokes.length === 0) return photo
    if (
      this.edited?.strokes.length !== strokes.length ||
      JSON.stringify(this.edited.strokes) !== JSON.stringify(strokes)
    )
      this.edited = { strokes, photo: painted(photo, strokes) }
    return this.edited.photo
  }

  private async explainerOf(model: Model, bytes: number, { network, way, conservation, layer }: LookRequest) {
    const key = `${network} ${JSON.stringify([model.output, model.reference, way, conservation, layer])}`
    const at = this.loaded.findIndex((one) => one.key === key)
    if (at >= 0) {
      const [one] = this.loaded.splice(at, 1) as [Loaded]
      this.loaded.push(one)
      return one.explainer
    }
    // Of a network as it is tuned, what was there before is of no use; and memory has an end.
    const isLarge = (one: { readonly bytes: number }) => one.bytes > LARGE
    while (
      this.loaded.length > 0 &&
      (this.loaded.length >= KEPT || isLarge({ bytes }) || this.loaded.some(isLarge))
    )
      await this.release(this.loaded[0]!)
    const explainer = await loadModelExplainer(model, {
      engine: this.engine!,
      ...(isComposite(way)
        ? { composite: way, conservation, layers: layer ? [layer] : [] }
        : { method: way }),
    })
    this.loaded.push({ key, explainer, bytes })
    return explainer
  }

  private async release(one: Loaded): Promise<void> {
    this.loaded = this.loaded.filter((each) => each !== one)
    await one.explainer.release()
  }
}

function isComposite(way: LookRequest['way']): way is Composite | undefined {
  return way?.method === undefined || way.method === 'relevance' || way.method === 'gradient'
}

/** A picture of nine equal fields. */
function fields({ width, height }: { readonly width: number; readonly height: number }) {
  const third = (at: number, of: number) => Math.min(2, Math.floor((3 * at) / of))
  const data = Uint8Array.from(
    { length: width * height },
    (_, k) => 3 * third(Math.floor(k / width), height) + third(k % width, width),
  )
  return { width, height, data }
}

/** The centre of labels, of the size of a map. */
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

/** The relevance of a layer: the sum over its channels. */
function layerMap(found: ModelExplanation, layer: string) {
  const relevance = found.layers[layer]
  if (relevance?.shape.length !== 4) throw new UserError('has no height and width', layer)
  return pixelRelevance(relevance)
}

/** What one output says; of the answers of a network all are there, whichever is explained. */
function answerOf(model: Model, { outputs }: ModelExplanation): Answered {
  const { output, task, classes, kind } = model
  const scores = outputs[output]
  const said = { output, task }
  if (!scores) return { ...said, classes: [], value: undefined }
  if (kind === 'number') return { ...said, classes: [], value: scores.logits[0]! }
  const { probabilities = scores.logits } = scores
  const both = probabilities.length === 1 ? [1 - probabilities[0]!, probabilities[0]!] : [...probabilities]
  const named = classes.map((name, k) => ({ name, probability: both[k]! }))
  const ages = task === 'years' && agesOf(model)
  return {
    ...said,
    classes: named.sort((a, b) => b.probability - a.probability).slice(0, 5),
    value: ages ? expectedAgeIn(model, scores.logits) : undefined,
  }
}

function nameOf({ card }: Model, { way }: LookRequest): string {
  if (!way)
    return typeof card.composite === 'string'
      ? card.composite
      : (card.composite?.name ?? composites.paper.name)
  return 'name' in way ? way.name : way.method!
}

function withoutPicture({ meanPicture: _, ...card }: Model['card']): Omit<Card, 'classes'> {
  const { classes: __, ...rest } = card
  return rest
}

/** Bytes of a file that comes with the page, with how many are there. */
async function fetched(url: URL, what: string, tell?: Tell): Promise<Uint8Array> {
  const response = await fetch(url)
  if (!response.ok)
    throw new UserError(`was not found (${response.status})`, url.pathname, 'Load the page again')
  const total = Number(response.headers.get('Content-Length') ?? 0)
  const chunks: Uint8Array[] = []
  let done = 0
  for await (const chunk of streamOf(response)) {
    chunks.push(chunk)
    done += chunk.length
    tell?.(what, done, Math.max(total, done))
  }
  const bytes = new Uint8Array(done)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

async function* streamOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body!.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
