/** Teaches a network in the worker: holds the examples, the network, and what it has learnt. */

import {
  align,
  type Card,
  cutFound,
  decodePhoto,
  type Engine,
  type Explainer,
  explainBy,
  type FoundFace,
  fitted,
  formatCard,
  type Image,
  inputOf,
  isMarked,
  loadModelExplainer,
  type Model,
  mainFace,
  pixelRelevance,
  requirePreprocessing,
  UserError,
  writeGraph,
} from 'regard'
import {
  adienceNet,
  cutOf,
  EVERY,
  type Example,
  Lesson,
  type LessonOptions,
  newHead,
  type Pupil,
  splitOf,
  trunkOf,
} from './lesson.ts'
import type {
  ExampleSource,
  Glance,
  LessonSetup,
  NetworkInfo,
  StepNews,
  Tell,
  Told,
  TrainRequest,
} from './protocol.ts'

/** What teaching needs from the worker. */
export interface Tools {
  readonly engine: Engine
  find(photo: Image): Promise<readonly FoundFace[]>
  /** The network that heads are put on. */
  base(): Promise<Model>
  /** Add a network, which can then be asked like any other. */
  take(id: string, file: string, files: Readonly<Record<string, Uint8Array>>): Promise<NetworkInfo>
}

/** The name of a taught network in Look. */
const ID = 'taught'

export class Teaching {
  private readonly tools: Tools
  private readonly examples = new Map<number, Image>()
  private next = 0
  private stopped = false
  private taught: { readonly model: Model; readonly setup: LessonSetup } | undefined
  private explainer: Promise<Explainer> | undefined

  constructor(tools: Tools) {
    this.tools = tools
  }

  /**
   * Add an example.
   *
   * @returns its id, and the part that the network will see
   * @throws UserError where it lacks a face but needs one
   */
  async add(source: ExampleSource, setup: LessonSetup): Promise<{ id: number; picture: Image }> {
    const picture = await this.cut(source, setup)
    const id = this.next++
    this.examples.set(id, picture)
    return { id, picture }
  }

  /** Add an example of another worker, under its id. */
  takeBack(id: number, picture: Image): void {
    this.examples.set(id, picture)
    this.next = Math.max(this.next, id + 1)
  }

  remove(ids: readonly number[]): void {
    for (const id of ids) this.examples.delete(id)
  }

  /** Stop training before its next steps. What was learnt until then is kept. */
  stop(): void {
    this.stopped = true
  }

  /**
   * Train from the beginning.
   *
   * @param tell called with all steps
   * @param show called with the state of the network before the first step and at regular intervals
   * @returns whether it ran to the end
   */
  async train(
    request: TrainRequest,
    tell: (news: StepNews) => void,
    show: (glance: Glance) => void,
    loading: Tell,
  ): Promise<boolean> {
    this.stopped = false
    const { engine } = this.tools
    const kinds = request.kinds.map(({ name }) => name)
    const all = request.kinds.flatMap(({ examples }, kind) =>
      examples.map((id): Example & { id: number } => ({ id, kind, picture: this.examples.get(id)! })),
    )
    const { learned, held } = splitOf(all, kinds.length)
    const watched = all.find(({ id }) => id === request.watched) ?? held[0]!
    const options = { ...request, kinds }
    const pupil =
      request.pupil === 'adiencenet'
        ? adienceNet(learned, request.sees, options)
        : await this.headed(all, options, loading)
    if (this.stopped) return false
    const lesson = await Lesson.begin(engine, pupil, learned, options)
    try {
      await this.glance(lesson, request, held, watched, show)
      while (lesson.done < request.steps && !this.stopped) {
        const news = await lesson.step()
        if (!news.losses.every(Number.isFinite))
          throw new UserError(
            'the loss became NaN or infinite',
            `step ${news.done}`,
            'Use another seed, or check whether two kinds have the same pictures',
          )
        tell(news)
        if (lesson.done % EVERY === 0 || lesson.done === request.steps || this.stopped)
          await this.glance(lesson, request, held, watched, show)
      }
    } finally {
      await lesson.release()
    }
    return lesson.done === request.steps
  }

  /** The taught network's answer to a picture. */
  async ask(source: ExampleSource): Promise<Told> {
    const { model, setup } = this.taughtNow()
    return told(await this.explainerOf(model), model, await this.cut(source, setup))
  }

  /** The explainer of the taught network. Where it cannot be loaded, the next question tries again. */
  private explainerOf(model: Model): Promise<Explainer> {
    if (this.explainer) return this.explainer
    const loading = loadModelExplainer(model, { engine: this.tools.engine })
    this.explainer = loading
    loading.catch(() => {
      if (this.explainer === loading) this.explainer = undefined
    })
    return loading
  }

  /** The files of the taught network: the model and its card. */
  save(): { readonly model: Uint8Array; readonly card: string } {
    const { model } = this.taughtNow()
    const { meanPicture: _, ...card } = model.card
    return { model: writeGraph(model.network), card: formatCard(card satisfies Card) }
  }

  /** Make it available in Look, like any other network. */
  async use(): Promise<NetworkInfo> {
    const { model, card } = this.save()
    return this.tools.take(ID, `${ID}.onnx`, {
      [`${ID}.onnx`]: model,
      [`${ID}.card.yaml`]: new TextEncoder().encode(card),
    })
  }

  private taughtNow() {
    if (!this.taught) throw new UserError('nothing was taught yet')
    return this.taught
  }

  /** A new head, with the features of all examples, which the trunk computes once. */
  private async headed(
    examples: readonly Example[],
    options: LessonOptions & LessonSetup,
    loading: Tell,
  ): Promise<Pupil> {
    const base = await this.tools.base()
    const trunk = await this.tools.engine.load(trunkOf(base))
    const features = new Map<Example, Float32Array>()
    try {
      for (const example of examples) {
        if (this.stopped) break
        const input = inputOf(example.picture, requirePreprocessing(base))
        const [output] = Object.values(await trunk.run({ [base.input.name]: input }))
        features.set(example, output!.data as Float32Array)
        loading('Reading examples', features.size, examples.length)
      }
    } finally {
      await trunk.release()
    }
    return newHead(base, features, options.sees, options)
  }

  private async glance(
    lesson: Lesson,
    { pupil, sees, kinds }: TrainRequest,
    held: readonly Example[],
    watched: Example,
    show: (glance: Glance) => void,
  ): Promise<void> {
    const { engine } = this.tools
    const model = lesson.model()
    this.taught = { model, setup: { pupil, sees } }
    const before = this.explainer
    this.explainer = undefined
    // Whoever asked hears of it where it could not be loaded; a lesson goes on.
    await (await before?.catch(() => undefined))?.release()
    const right = await lesson.rightOf(held)
    const explainer = await loadModelExplainer(model, { engine })
    try {
      const said = await told(explainer, model, watched.picture, kinds[watched.kind]!.name)
      show({ done: lesson.done, right, held: held.length, watched: said })
    } finally {
      await explainer.release()
    }
  }

  /** The part of a picture that the network sees. */
  private async cut({ photo, name, landmarks }: ExampleSource, { pupil, sees }: LessonSetup): Promise<Image> {
    const image = photo instanceof Uint8Array ? await decodePhoto(photo, name) : photo
    const base = pupil === 'adiencenet' ? undefined : await this.tools.base()
    const { size, alignment } = cutOf(pupil, base)
    if (sees === 'whole') return fitted(image, { width: size, height: size }, 'crop')
    if (landmarks && typeof alignment === 'string') return align(image, landmarks, alignment, size)
    const face = mainFace(await this.tools.find(image), image)
    if (!face || !isMarked(face))
      throw new UserError('has no face in it', name, 'Come nearer, or show the whole picture')
    return cutFound(image, face, alignment, size).picture
  }
}

/** A network's answer to a picture, and the map for a kind, by default the likeliest. */
async function told(explainer: Explainer, model: Model, picture: Image, kind?: string): Promise<Told> {
  const asked = kind === undefined ? 'top' : model.classes.indexOf(kind)
  const found = await explainBy(explainer, model, picture, { class: asked })
  const probabilities = found.outputs[model.output]!.probabilities!
  return {
    classes: model.classes.map((name, k) => ({ name, probability: probabilities[k]! })),
    name: found.name,
    map: pixelRelevance(found.relevance, requirePreprocessing(model).layout),
    seen: found.seen!,
  }
}
