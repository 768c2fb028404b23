/**
 * The user's own models: reads them, describes them by a card, and saves them with their explanation. Loaded on first
 * use.
 */

import {
  answersOf,
  type Card,
  type Engine,
  formatCard,
  type Graph,
  graftModel,
  impostor,
  MissingFile,
  type Model,
  modelOf,
  openCard,
  parseCard,
  readModel,
  type TensorOf,
  UserError,
  verify,
  writeGraph,
} from 'regard'
import { messageOf } from '../../src/base/errors.ts'
import { answerOf } from './answers.ts'
import { type Answered, type NetworkInfo, SPENT } from './protocol.ts'

/**
 * The largest model for a page, in bytes of its files: a page has 4 GB in all, and an explanation takes several times
 * the weights.
 */
const MOST = 500e6

/** An error in a card, with its field. */
export interface CardError {
  /** `channels`, `classes`: a field of the card, without `input.`; undefined where it is not about a field. */
  readonly field: string | undefined
  readonly message: string
}

/** What is known about a model, and what its card should still say. */
export interface ModelReport {
  readonly card: Card
  /** The same as a file. */
  readonly yaml: string
  readonly input: { readonly name: string; readonly shape: readonly (number | string)[] } | undefined
  readonly outputs: readonly { readonly name: string; readonly shape: readonly (number | string)[] }[]
  /** Classes of the output that is meant. */
  readonly classes: number | undefined
  /** Missing fields of the card's `input`. */
  readonly missing: readonly string[]
  readonly errors: readonly CardError[]
  /** How its file was read differently from how it is written. */
  readonly notes: readonly string[]
  /** Why its composite cannot make a map of it. */
  readonly unexplained: string | undefined
  readonly layers: readonly Layer[]
  /** The network for Look; undefined where something is missing or wrong. */
  readonly network: NetworkInfo | undefined
}

/** A layer in one line. */
export interface Layer {
  readonly name: string
  readonly op: string
  readonly shape: string
  /** The number of its weights. */
  readonly count: number
}

/** A model with its own explanation as files. */
export interface SavedModel {
  readonly onnx: Uint8Array<ArrayBuffer>
  readonly card: string
}

interface Draft {
  readonly file: string
  readonly files: Readonly<Record<string, Blob>>
  readonly graph: Graph
  /** The picture size that it was read for. */
  readonly size: readonly [number, number] | undefined
}

/** Where models go once they are complete. */
interface Keeper {
  takeIn(id: string, model: Model): Promise<NetworkInfo>
  removeNetwork(id: string): Promise<void>
}

/** Models that are being described. */
export class Drafts {
  private readonly drafts = new Map<string, Draft>()
  private readonly keeper: Keeper

  constructor(keeper: Keeper) {
    this.keeper = keeper
  }

  /** @throws UserError where the files are not a model, or it is too large */
  async open(id: string, file: string, files: Readonly<Record<string, Blob>>): Promise<void> {
    const bytes = Object.values(files).reduce((sum, { size }) => sum + size, 0)
    if (bytes > MOST) throw tooLarge(id)
    const card = await textOf(files[cardOf(file)])
    const size = card === undefined ? undefined : sizeOf(cardOrNone(card, file))
    const graph = await read(id, file, files, size)
    this.drafts.set(id, { file, files, graph, size })
  }

  async describe(id: string, text?: string): Promise<ModelReport> {
    const draft = this.drafts.get(id)
    if (!draft) throw new UserError('is not here', id, 'Drop its file')
    const { file, files } = draft
    const path = cardOf(file)
    const given = text ?? (await textOf(files[path])) ?? ''
    const errors: CardError[] = []
    let graph = draft.graph
    let card: Card = {}
    let model: Model | undefined
    try {
      card = given.trim() === '' ? {} : parseCard(given, path)
      const size = sizeOf(card)
      const isOpen = graph.inputs.some(({ shape }) => shape.some((d) => typeof d === 'string'))
      if (String(size) !== String(draft.size) && (isOpen || draft.size)) {
        graph = await read(id, file, files, size)
        this.drafts.set(id, { ...draft, graph, size })
      }
      const opened = await openCard(card, file, filesOf(files))
      model = modelOf(graph, file, opened, { where: path })
      const answers = answersOf(model)
      const report = await reportOn(answers, card)
      if (report.missing.length > 0) await this.keeper.removeNetwork(id)
      else return { ...report, network: await this.keeper.takeIn(id, model) }
      return report
    } catch (error) {
      errors.push(...errorsIn(error, [path, file]))
      // What else is missing does not depend on which of several outputs is chosen.
      model ??= anyOutput(graph, file, card)
      await this.keeper.removeNetwork(id)
    }
    return {
      ...aboutGraph(graph),
      card,
      yaml: given,
      classes: undefined,
      missing: missingIn(model),
      errors,
      unexplained: undefined,
      network: undefined,
    }
  }
}

/** What is known about a model, given once for each of its answers. */
export async function reportOn(answers: readonly Model[], given?: Card): Promise<ModelReport> {
  const [model] = answers as [Model, ...Model[]]
  const card = given ?? plainCard(model)
  return {
    ...aboutGraph(model.network),
    card,
    yaml: formatCard(card),
    classes: model.logits,
    missing: missingIn(model),
    errors: [],
    unexplained: await whyUnexplained(answers),
    network: undefined,
  }
}

/**
 * A model with its own explanation, and the card of both. A mean picture stays the file that the card names.
 *
 * @throws UserError where it cannot be explained
 */
export async function savedExplaining(model: Model): Promise<SavedModel> {
  const { output } = model
  const { answers, task, classes, ages, ...rest } = plainCard(model)
  const answer = answers?.find((each) => each.output === output)
  const own: Card = answer ? { ...rest, answers: [answer] } : { ...rest, task, classes, ages, output }
  return {
    onnx: writeGraph(await graftModel(model)) as Uint8Array<ArrayBuffer>,
    card: formatCard(withoutUndefined(own)),
  }
}

/**
 * A network's answers without a map: they need only the network, so no operator needs a rule.
 *
 * @param answers of one network
 * @param input its input
 * @throws UserError where an answer is not an output of its own
 */
export async function answersAlone(
  engine: Engine,
  answers: readonly Model[],
  input: TensorOf<'float32'>,
): Promise<Answered[]> {
  const [model] = answers as [Model, ...Model[]]
  const program = await engine.load(model.network)
  try {
    const results = await program.run({ [model.input.name]: input })
    return answers.map((each) => {
      const result = results[each.output]
      if (result?.type !== 'float32') throw new UserError('cannot be asked alone', `output ${each.output}`)
      const data = each.kind.startsWith('log-') ? result.data.map(Math.exp) : result.data
      const isProbability = /softmax|sigmoid/.test(each.kind)
      return answerOf(each, {
        outputs: { [each.output]: { logits: data, probabilities: isProbability ? data : undefined } },
      })
    })
  } finally {
    await program.release()
  }
}

/** An error about memory or an operator, with what to do about it; other errors unchanged. */
export function refused(error: unknown, id: string): unknown {
  const said = messageOf(error)
  const isMemory =
    error instanceof RangeError ||
    /out of memory|bad_alloc|allocat\w+ (failed|memory)|failed to allocate|Aborted\(OOM/i.test(said)
  // The runtime's memory grows and never shrinks.
  if (isMemory) return Object.assign(tooLarge(id), { name: SPENT })
  const operator = withoutRule(said)
  return operator ? new UserError(operator) : error
}

/** An error about an operator, in a sentence that makes sense without its node. */
function withoutRule(message: string): string | undefined {
  const [, op] = /(?:uses the operator |node \S* ?\()(\w+)/.exec(message) ?? []
  return op && `${op} cannot be explained. Answers work, maps do not.`
}

function tooLarge(id: string): UserError {
  return new UserError(`${id} does not fit in this browser`, undefined, 'Use `npx regard explain`')
}

async function read(
  id: string,
  file: string,
  files: Readonly<Record<string, Blob>>,
  size: readonly [number, number] | undefined,
): Promise<Graph> {
  try {
    // Nothing else holds the bytes that are read here from a Blob.
    return await readModel(file, filesOf(files), { size, overwrite: true })
  } catch (error) {
    throw refused(error, id)
  }
}

function filesOf(files: Readonly<Record<string, Blob>>) {
  return async (name: string) => {
    const blob = files[name] ?? files[name.replace(/^.*\//s, '')]
    if (!blob) throw new MissingFile(name)
    const bytes = new Uint8Array(await blob.arrayBuffer())
    const other = impostor(bytes, name)
    if (other) throw other
    return bytes
  }
}

async function textOf(blob: Blob | undefined): Promise<string | undefined> {
  return blob?.text()
}

function cardOf(file: string): string {
  return `${file.replace(/\.[^.]+$/, '')}.card.yaml`
}

/** A faulty card counts as empty for now. */
function cardOrNone(text: string, file: string): Card {
  try {
    return parseCard(text, cardOf(file))
  } catch {
    return {}
  }
}

function sizeOf({ input }: Card): readonly [number, number] | undefined {
  const [height, width] = [input?.size ?? input?.height, input?.size ?? input?.width]
  return height === undefined || width === undefined ? undefined : [height, width]
}

function anyOutput(graph: Graph, file: string, { input }: Card): Model | undefined {
  try {
    return modelOf(graph, file, { input }, { output: graph.outputs[0]!.name })
  } catch {
    return undefined
  }
}

function missingIn(model: Model | undefined): readonly string[] {
  return model && 'missing' in model.preprocessing ? model.preprocessing.missing : []
}

function aboutGraph(graph: Graph): Pick<ModelReport, 'input' | 'outputs' | 'notes' | 'layers'> {
  const { inputs, outputs, reading, nodes, initializers } = graph
  const values = verify(graph)
  const plain = ({ name, shape }: { name: string; shape: readonly (number | string)[] }) => ({ name, shape })
  return {
    input: inputs[0] && plain(inputs[0]),
    outputs: outputs.map(plain),
    notes: [
      ...(reading?.notes ?? []),
      ...[...(reading?.refused ?? [])].map(([name, why]) => `its output ${name} is left out: ${why}`),
    ],
    layers: nodes.map(({ name, op, inputs, outputs }) => ({
      name: name || outputs[0]!,
      op,
      shape: values.get(outputs[0]!)?.shape.join(' × ') ?? '',
      count: inputs.reduce((sum, each) => sum + (initializers.get(each)?.data.length ?? 0), 0),
    })),
  }
}

/** Why some answer has no map, found by building the graph that explains it; undefined if all have one. */
async function whyUnexplained(answers: readonly Model[]): Promise<string | undefined> {
  try {
    for (const model of answers) await graftModel(model)
    return undefined
  } catch (error) {
    return withoutRule(messageOf(error)) ?? messageOf(error)
  }
}

/** The errors one by one, each with the field that it names. */
function errorsIn(error: unknown, paths: readonly string[]): CardError[] {
  const message = messageOf(error)
  const lines = /^\S+:\d+:\d+: /.test(message) ? message.split('\n') : [message]
  return lines.map((line) => {
    const path = paths.find((each) => line.startsWith(`${each}:`))
    const said = path ? line.slice(path.length).replace(/^(:\d+:\d+)?: /, '') : line
    return { field: fieldIn(said), message: sentence(said) }
  })
}

/** Without the remedy for the command line: here there is the field. */
function sentence(message: string): string {
  const said = message.replace(/\. [^.]*--[a-z].*$/s, '')
  // Names of fields stay as they are.
  const begun = /^[a-z]+[.[]/.test(said) ? said : said[0]!.toUpperCase() + said.slice(1)
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}

/** Fields by the words that messages use for them; the first that is mentioned is meant. */
const FIELDS: readonly (readonly [field: string, said: RegExp])[] = [
  ['channels', /\bchannels? \((RGB|BGR|gray)\)|input\.channels/],
  ['scale', /\bscale\b/],
  ['mean', /\bmean\b/],
  ['size', /\b(height|width)\b|input\.size/],
  ['picture', /\bpicture of\b|^picture\b/],
  ['fit', /^fit\b/],
  ['classes', /\bclass(es)?\b/],
  ['output', /\boutputs?\b|\bheads?\b/],
  ['alignment', /\balignment\b/],
  ['task', /\btask\b/],
]

function fieldIn(message: string): string | undefined {
  const places = FIELDS.map(([field, said]) => ({ field, at: message.search(said) })).filter(
    ({ at }) => at >= 0,
  )
  return places.sort((a, b) => a.at - b.at)[0]?.field
}

function plainCard({ card: { meanPicture: _, ...card } }: Model): Card {
  return card
}

function withoutUndefined(card: Card): Card {
  return Object.fromEntries(Object.entries(card).filter(([, value]) => value !== undefined))
}
