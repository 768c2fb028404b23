import { basename, extname, join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { UsageError, UserError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import { Progress } from '../base/progress.ts'
import type { Watch } from '../base/watch.ts'
import { readLandmarks } from '../datasets/readLandmarks.ts'
import type { Engine } from '../engine/engine.ts'
import { nodeEngine } from '../engine/node.ts'
import { relevanceByPart } from '../explanation/byPart.ts'
import type { Question } from '../explanation/classes.ts'
import type { Explainer } from '../explanation/explain.ts'
import { pixelRelevance } from '../explanation/heatMap.ts'
import { METHODS, NAMED_METHODS, type NamedMethod } from '../explanation/methods.ts'
import { align, alignment } from '../faces/align.ts'
import { meshFromLandmarks } from '../faces/meshFromLandmarks.ts'
import { FACE_PARTS, partsOf } from '../faces/parts.ts'
import type { Labels } from '../faces/polygon.ts'
import { writeNpy } from '../formats/npy.ts'
import type { TensorOf } from '../graph/types.ts'
import { explainInput, layerOf, loadModelExplainer, type ModelExplanation } from '../models/explain.ts'
import { inputOf } from '../models/input.ts'
import { type Model, requirePreprocessing } from '../models/model.ts'
import { isPreprocessed, readInput } from '../models/node.ts'
import { against, questionsOf } from '../models/questions.ts'
import { applyAffine, invertAffine } from '../pictures/affine.ts'
import { enlarged } from '../pictures/enlarged.ts'
import type { Point } from '../pictures/image.ts'
import { readPhoto, writePicture } from '../pictures/node.ts'
import { sideBySide } from '../pictures/sideBySide.ts'
import { type DeviceFlag, withDevice } from './device.ts'
import {
  chosenComposite,
  compositeFrom,
  type ModelFlags,
  modelFrom,
  withComposite,
  withModelFlags,
} from './model.ts'
import { untilStopped } from './signal.ts'

/** The least height of the pictures that are written, in pixels. */
const SIDE = 320

interface Flags extends ModelFlags, DeviceFlag {
  readonly composite?: string
  readonly class?: string[]
  readonly minus?: string
  readonly layer?: string[]
  readonly method?: NamedMethod['method']
  readonly seed?: string
  readonly landmarks?: string
  readonly out: string
}

/** `regard explain MODEL PHOTO…` */
export function explainCommand(): Command {
  const command = new Command('explain')
    .description('Show what in a photo speaks for and against a class of a network.')
    .argument('<model>', 'the network, with its card NAME.card.yaml beside it where it has one')
    .argument('<photo...>', 'photos, or .npy files (float32) with input as the network takes it')
    .option(
      '--class <class>',
      "the class to explain: `top`, the network's own answer, or a class by name or index; of ages also `years`, the expected age, and groups as 60+; several with commas between, or given several times (default: top)",
      collect,
    )
    .option(
      '--minus <class|n>',
      'explain what speaks for the class rather than for this one; for years, or an answer that is one number, rather than for this number, or with `mean` for the mean of all photos',
    )
    .option(
      '--layer <name>',
      'write the relevance of this value or node too; may be given several times',
      collect,
    )
    .addOption(
      new Option('--method <name>', 'a method around the gradient, in place of a composite').choices(
        NAMED_METHODS,
      ),
    )
    .option('--seed <text>', 'any text, for the noise of smoothgrad; the same seed gives the same map')
    .option('--landmarks <file>', 'the 49 landmarks of the one photo, by which its face is cut out')
    .option('--out <dir>', 'the folder to write to', join('out', 'explained'))
  return withModelFlags(withDevice(withComposite(command)))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ regard explain model.onnx face.jpg --class top --out out/explained\n' +
        '  $ regard explain googlenet.caffemodel cat.jpg --channels BGR --scale 1 --mean 104,117,123\n' +
        '  $ regard explain model.onnx *.jpg --class cat --minus dog --composite epsilon-plus\n' +
        '  $ regard explain age.onnx *.jpg --class years --minus mean\n',
    )
    .action(explain)
}

/** One thing to explain of each input, and what its files are called behind the input's name. */
interface Task {
  readonly question: Question
  readonly suffix: string
}

async function explain(path: string, inputs: string[], flags: Flags): Promise<void> {
  if (flags.landmarks && inputs.length > 1) {
    throw new UsageError('--landmarks belongs to one photo: explain photos that have landmarks one by one')
  }
  checkMethod(flags)
  const { method } = flags
  const composite = compositeFrom(flags.composite)
  const landmarks = flags.landmarks ? readLandmarks(flags.landmarks) : undefined
  const opened = await modelFrom(path, flags)
  const engine = await nodeEngine(flags)
  const minus = await minusFrom(flags, opened, inputs, engine)
  const model = against(opened, minus)
  if (landmarks && !model.card.alignment) {
    throw new UserError(
      'its card does not say how faces are aligned',
      path,
      'Give a photo of the face alone, or write `alignment: r` or `i` into the card',
    )
  }
  const tasks = tasksOf({ ...flags, minus }, model)
  const names = namesOf(inputs, tasks, flags.out)
  if (!inputs.every(isPreprocessed)) tellPreprocessing(model)
  tellKind(model)
  const layers = (flags.layer ?? []).map((name) => ({ name, value: layerOf(model.network, name) }))
  const values = layers.map(({ value }) => value)
  const chosen = method ? undefined : chosenComposite(model, composite)
  const how = chosen
    ? {
        composite: chosen,
        layers: values,
        conservation: METHODS[chosen.method ?? 'relevance'].gives.conservation,
      }
    : { method: methodFrom(method!, flags, values) }
  const explainer = await loadModelExplainer(model, { engine, ...how })
  const job: Job = {
    model,
    explainer,
    tasks,
    layers: method ? [] : layers,
    by: chosen ? { composite: chosen.name } : { composite: null, method },
    landmarks,
    labels: landmarks && partsAt(landmarks, model),
  }

  const skipped = await untilStopped((signal) => explainAll(inputs, names, job, signal)).finally(() =>
    explainer.release(),
  )
  if (skipped) {
    console.error(`${skipped} of ${inputs.length} inputs skipped`)
    process.exitCode = 3
  }
}

/** What answers are set against: what `--minus` says, or with `mean` the mean answer over all inputs. */
async function minusFrom(
  { minus, class: asked = ['top'] }: Flags,
  model: Model,
  inputs: readonly string[],
  engine: Engine,
): Promise<string | undefined> {
  if (minus !== 'mean' || model.classes.includes(minus)) return minus
  const questions = questionsOf(model, asked)
  if (model.kind !== 'number' && questions.some((question) => question.class !== 'years'))
    throw new UsageError('--minus mean is the mean age: it belongs to --class years')
  if (inputs.length < 2) throw new UsageError('--minus mean is a mean over photos: give several')
  const explainer = await loadModelExplainer(model, { engine, composite: 'gradient' })
  const line = new Progress('Averaging', inputs.length)
  const started = Date.now()
  let [sum, count] = [0, 0]
  const answer = async (signal: AbortSignal) => {
    for (const [k, path] of inputs.entries()) {
      if (Date.now() - started > QUIET) line.update(k, path)
      try {
        const input = await readInput(path, model)
        const [own] = await explainInput(explainer, model, input, questions, { signal })
        sum += own!.value!
        count++
      } catch (error) {
        // What cannot be read is skipped when its turn comes, and named then.
        if (!(error instanceof UserError)) throw error
      }
    }
  }
  await untilStopped(answer).finally(() => {
    line.finish()
    return explainer.release()
  })
  if (count === 0)
    throw new UserError('there is no answer to take the mean of: none of the inputs can be read')
  const mean = (sum / count).toFixed(2)
  console.error(`The mean of ${count} answers is ${mean}: each is set against it`)
  return mean
}

/** Explain inputs one after another, and stop between two runs of the network; returns how many were skipped. */
async function explainAll(
  inputs: readonly string[],
  names: readonly string[],
  job: Job,
  signal: AbortSignal,
): Promise<number> {
  const line = new Progress('Explaining', inputs.length)
  const started = Date.now()
  let skipped = 0
  try {
    for (const [k, input] of inputs.entries()) {
      const progress = (done: number, total: number) => {
        if (Date.now() - started > QUIET) line.update(k + done / total, input)
      }
      progress(0, 1)
      const lines = await explainOne(input, names[k]!, job, { signal, progress })
      line.finish()
      if (lines instanceof UserError) {
        console.error(`skipped: ${lines.message}`)
        skipped++
      } else {
        for (const text of lines) console.log(text)
      }
    }
  } finally {
    line.finish()
  }
  return skipped
}

/** Milliseconds that may pass without a progress line. */
const QUIET = 2000

/** A method around the gradient leaves no room for some other flags. */
function checkMethod({ method, composite, seed, layer = [] }: Flags): void {
  if (method && composite) throw new UsageError('--method stands in place of --composite: give one of them')
  if (seed !== undefined && method !== 'smoothgrad')
    throw new UsageError('--seed belongs to --method smoothgrad')
  if (method && layer.length > (method === 'grad-cam' ? 1 : 0)) {
    throw new UsageError('of the methods only grad-cam looks at a layer, and at one: give --layer once')
  }
}

/** A method with the flags that belong to it. */
function methodFrom(method: NamedMethod['method'], { seed }: Flags, [layer]: readonly string[]): NamedMethod {
  if (method === 'smoothgrad') return { method, seed }
  return method === 'grad-cam' ? { method, layer } : { method }
}

/** What all inputs are explained with. */
interface Job {
  readonly model: Model
  readonly explainer: Explainer
  readonly tasks: readonly Task[]
  readonly layers: readonly { readonly name: string; readonly value: string }[]
  /** What made the relevance, as NAME.json says it. */
  readonly by: { readonly composite: string | null; readonly method?: NamedMethod['method'] }
  readonly landmarks: readonly Point[] | undefined
  /** The parts of the face, where landmarks say where they are. */
  readonly labels: Labels | undefined
}

/** Explain one input and write its files; returns a line about each, or why the input must be skipped. */
async function explainOne(path: string, to: string, job: Job, watch: Watch): Promise<string[] | UserError> {
  const { model, explainer, tasks } = job
  let found: ModelExplanation[]
  try {
    const input = job.landmarks ? await cutOut(path, job.landmarks, model) : await readInput(path, model)
    found = await explainInput(
      explainer,
      model,
      input,
      tasks.map(({ question }) => question),
      watch,
    )
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return error.message.startsWith(path) ? error : new UserError(error.message, path)
  }
  const lines: string[] = []
  for (const [k, explanation] of found.entries()) {
    const { question, suffix } = tasks[k]!
    await write(`${to}${suffix}`, path, question, explanation, job)
    lines.push(summary(path, question, explanation, job, `${to}${suffix}`))
  }
  return lines
}

function tasksOf(flags: Flags, model: Model): Task[] {
  const questions = questionsOf(model, flags.class ?? ['top'], flags.minus)
  return questions.map((question) => ({
    question,
    suffix: questions.length > 1 ? `.${fileName(nameOf(question.class, model))}` : '',
  }))
}

/** What is asked for, in words. */
function nameOf(asked: Question['class'], { classes }: Model): string {
  if (typeof asked === 'object') return asked.name
  return typeof asked === 'number' ? classes[asked]! : asked
}

/** Paths of the outputs without their suffixes and endings, in the order of the inputs. */
function namesOf(inputs: readonly string[], tasks: readonly Task[], out: string): string[] {
  const owners = new Map<string, string>()
  return inputs.map((input) => {
    const name = join(out, basename(input, extname(input)))
    for (const path of tasks.map(({ suffix }) => name + suffix)) {
      const other = owners.get(path)
      if (other !== undefined) {
        throw new UserError(
          other === input
            ? `two classes would both be written as ${path}.png`
            : `${other} and ${input} would both be written as ${path}.png`,
          undefined,
          'Explain them one by one, with a different --out',
        )
      }
      if (
        [`${path}.png`, `${path}.map.png`, `${path}.relevance.npy`].some(
          (made) => resolve(made) === resolve(input),
        )
      ) {
        throw new UserError('the result would overwrite the input', input, 'Choose another folder with --out')
      }
      owners.set(path, input)
    }
    return name
  })
}

/** Say how photos become the input, so that nobody has to guess what was done. */
function tellPreprocessing(model: Model): void {
  const { size, picture, fit, channels, scale, mean } = requirePreprocessing(model)
  const sides = ({ height, width }: typeof size) => `${height} × ${width}`
  const how = { pad: 'padded', crop: 'cropped', stretch: 'stretched' }[fit]
  const numbers = (values: readonly number[]) =>
    new Set(values).size === 1 ? values[0] : `(${values.join(', ')})`
  const offset = 'planes' in mean ? 'the mean picture' : numbers(mean)
  const cut = sides(picture) === sides(size) ? '' : `, of it the centre ${sides(size)}`
  console.error(
    `Photos are ${how} to ${sides(picture)}${cut}; ${channels}, (pixel - ${offset}) * ${numbers(scale)}`,
  )
}

/** Say where an answer is no class with a logit. */
function tellKind({ kind, output }: Model): void {
  if (kind === 'number') console.error(`${output} is one number: the number itself is explained`)
  if (kind === 'other') {
    console.error(`No logits were found behind ${output}: the output itself is explained, as it is`)
  }
}

/** The face in a photo as the network was trained on it, as its input. */
async function cutOut(path: string, landmarks: readonly Point[], model: Model): Promise<TensorOf<'float32'>> {
  const preprocessing = requirePreprocessing(model)
  const face = align(await readPhoto(path), landmarks, model.card.alignment!, preprocessing.picture.height)
  return inputOf(face, preprocessing)
}

/** The parts of a face in the picture that is cut out by its landmarks. */
function partsAt(landmarks: readonly Point[], model: Model): Labels {
  const { height } = requirePreprocessing(model).picture
  const toPicture = invertAffine(alignment(landmarks, model.card.alignment!, height))
  const mesh = meshFromLandmarks(landmarks).map((point) => applyAffine(toPicture, point))
  return partsOf(mesh, height)
}

/** What each part of the face has of a map; undefined where nobody knows where they are. */
function byPart({ relevance }: ModelExplanation, { labels, model }: Job): Record<string, number> | undefined {
  const { size, picture, layout } = requirePreprocessing(model)
  if (!labels || picture.width !== picture.height || relevance.shape.length !== 4) return undefined
  const map = pixelRelevance(relevance, layout)
  return map.width === size.width ? relevanceByPart(map, labels, FACE_PARTS) : undefined
}

/** Write the pictures, the relevance and the figures of one explanation, the figures last. */
async function write(
  to: string,
  input: string,
  question: Question,
  explanation: ModelExplanation,
  job: Job,
): Promise<void> {
  const { model, layers, by } = job
  const { seen, map, relevance, outputs, logit, conservation } = explanation
  if (seen && map) {
    // Small networks see small pictures, which nobody could make out.
    const by = Math.ceil(SIDE / seen.height)
    const pictures = [seen, map].map((picture) => enlarged(picture, by))
    await writePicture(`${to}.png`, sideBySide(pictures))
    await writePicture(`${to}.map.png`, pictures[1]!)
  }
  writeAtomic(`${to}.relevance.npy`, writeNpy(relevance))
  for (const { name, value } of layers)
    writeAtomic(`${to}.${fileName(name)}.npy`, writeNpy(explanation.layers[value]!))
  const { minus, reference } = question
  const record = {
    model: model.path,
    input,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, { logits, probabilities }]) => [
        name,
        { logits: [...logits], probabilities: probabilities ? [...probabilities] : null },
      ]),
    ),
    target: {
      output: model.output,
      class: explanation.class,
      name: explanation.name,
      // Where it is no single class, how much each logit counts in what is explained.
      ...(explanation.class === undefined ? { weights: [...explanation.target] } : {}),
      value: explanation.value,
      ...(typeof minus === 'number' ? { minus, minusName: model.classes[minus] } : {}),
      ...(typeof minus === 'object' ? { minus: minus.name } : {}),
      ...(reference === undefined ? {} : { minus: reference }),
      // What is no logit of a class.
      ...(['number', 'other'].includes(model.kind) ? { kind: model.kind } : {}),
      logit,
    },
    ...by,
    parts: job.labels && byPart(explanation, job),
    warnings: explanation.warnings,
    conservation,
  }
  writeAtomic(`${to}.json`, `${JSON.stringify(record, undefined, 2)}\n`)
}

function summary(
  input: string,
  question: Question,
  explanation: ModelExplanation,
  job: Job,
  to: string,
): string {
  const { map, warnings } = explanation
  const answer = inWords(question, explanation, job.model) + partsInWords(explanation, job)
  return `${input}: ${answer} → ${to}${map ? '.png' : '.relevance.npy'}${warnings.map((each) => `\n  ${each}`).join('')}`
}

/** What the network says, and how sure it is. */
function inWords(question: Question, explanation: ModelExplanation, model: Model): string {
  const { name, probability, logit, value } = explanation
  if (value !== undefined) {
    const amount = name === 'years' ? `${value.toFixed(1)} years` : `${name} ${numberText(value)}`
    const { reference } = question
    if (reference === undefined) return amount
    const gap = Math.abs(value - reference)
    const by = name === 'years' ? gap.toFixed(1) : numberText(gap)
    return `${amount}, ${by} ${value < reference ? 'less' : 'more'} than ${reference}`
  }
  const what = model.card.task ? `${model.card.task} ` : ''
  const { minus } = question
  if (minus === undefined && probability !== undefined)
    return `${what}“${name}” ${(100 * probability).toFixed(1)} %`
  const rather = minus === undefined ? '' : ` rather than “${nameOf(minus, model)}”`
  return `${what}“${name}”${rather} ${model.kind === 'other' ? 'score' : 'logit'} ${logit.toFixed(3)}`
}

/** The two parts of the face that move an age or another number most. */
function partsInWords(explanation: ModelExplanation, job: Job): string {
  const { value, warnings } = explanation
  // Of a map that is not to be trusted nothing is said in years.
  const parts =
    value === undefined || warnings.length > 0 ? undefined : job.labels && byPart(explanation, job)
  if (!parts) return ''
  const most = Object.entries(parts).sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
  const said = most.slice(0, 2).map(([part, amount]) => {
    const where = part === 'around_eyes' ? 'around the eyes' : `the ${part}`
    return `${amount < 0 ? '−' : '+'}${numberText(Math.abs(amount), 2)} from ${where}`
  })
  return ` (${said.join(', ')})`
}

/** A plain number, to some digits. */
function numberText(value: number, digits = 4): string {
  return String(Number(value.toPrecision(digits)))
}

/** A name as part of a file's name: what file systems do not take is `_`. */
function fileName(name: string): string {
  return name.replace(/[^\p{L}\p{N}._+-]+/gu, '_')
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}
