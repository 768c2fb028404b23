import { join } from 'node:path'
import { Command, Option } from 'commander'
import { UsageError, UserError } from '../base/errors.ts'
import { NotWritten, requireWritableFolder } from '../base/files.ts'
import { addToGroup } from '../base/groupBy.ts'
import { printable } from '../base/printable.ts'
import { Progress } from '../base/progress.ts'
import type { Watch } from '../base/watch.ts'
import { readLandmarks } from '../datasets/readLandmarks.ts'
import type { Engine } from '../engine/engine.ts'
import { nodeEngine } from '../engine/node.ts'
import type { ShownPhoto } from '../evaluation/facesIn.ts'
import { METHODS, NAMED_METHODS, type NamedMethod } from '../explanation/methods.ts'
import type { PlacedMap } from '../explanation/overlay.ts'
import { answerNames, answersAsked, understands } from '../models/answersAsked.ts'
import { explainInput, layerOf, loadModelExplainer } from '../models/explain.ts'
import { inputToPhoto } from '../models/input.ts'
import { type Model, requirePreprocessing } from '../models/model.ts'
import { isPreprocessed } from '../models/node.ts'
import { against, questionsOf } from '../models/questions.ts'
import { DEFAULT_NETWORK, isBuiltIn } from '../networks/builtIn/index.ts'
import { requirePhotos, tellLeft } from './data.ts'
import { type DeviceFlag, withDevice } from './device.ts'
import { byPart, drawInto, fileName, type Job, type Task, write } from './explanationFiles.ts'
import { argumentsFrom, filesIn, type Input, namesOf, seenIn, shownIn } from './explanationInputs.ts'
import { nameOf, summary, tellKind, tellPreprocessing } from './explanationWords.ts'
import {
  answersFrom,
  chosenComposite,
  compositeFrom,
  MODEL,
  type ModelFlags,
  withComposite,
  withModelFlags,
} from './model.ts'
import { aboutPeople } from './people.ts'
import { untilStopped } from './signal.ts'

/** The methods that draw random numbers. */
const WITH_SEED = NAMED_METHODS.filter((name) => 'seed' in METHODS[name].options)

interface Flags extends ModelFlags, DeviceFlag {
  readonly composite?: string
  readonly class?: string[]
  readonly minus?: string
  readonly layer?: string[]
  readonly method?: NamedMethod['method']
  readonly seed?: string
  readonly landmarks?: string
  readonly asIs?: boolean
  readonly out: string
}

/** `regard explain [MODEL] PHOTO…` */
export function explainCommand(): Command {
  const command = new Command('explain')
    .description(
      "Show what in a photo speaks for and against a network's answer, or another class, in each face.",
    )
    .usage('[options] [model] <photo...>')
    .argument('[model]', `${MODEL} (default: ${DEFAULT_NETWORK})`)
    .argument(
      '[photo...]',
      "photos, folders of photos, or .npy files (float32) that hold the network's input",
    )
    .option(
      '--class <class>',
      "the class to explain: `top` (the network's own answer), or a class by name or index; for ages also `years` (the expected age), and groups such as 60+. For several, separate them by commas or repeat the option (default: top)",
      collect,
    )
    .option(
      '--minus <class|n>',
      'explain what speaks for the class rather than for this one; for years, or an answer that is one number, compare it with this number, or with the `mean` of all photos',
    )
    .option('--layer <name>', 'also write the relevance of this value or node; can be repeated', collect)
    .addOption(
      new Option('--method <name>', 'a method to use in place of a composite').choices(NAMED_METHODS),
    )
    .option(
      '--seed <text>',
      `any text, for methods that draw random numbers (${WITH_SEED.join(', ')}); the same seed gives the same map`,
    )
    .option(
      '--landmarks <file>',
      'a file with the 49 landmarks of the face, to cut it out by (one photo only)',
    )
    .option('--as-is', 'do not look for faces: each photo shows one face, already cut out')
    .option('--out <dir>', 'the folder to write to', join('out', 'explained'))
  return withModelFlags(withDevice(withComposite(command)))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ regard explain photo.jpg\n' +
        '  $ regard explain model.onnx photos --class top --out out/explained\n' +
        '  $ regard explain googlenet.caffemodel cat.jpg --channels BGR --scale 1 --mean 104,117,123\n' +
        '  $ regard explain model.onnx *.jpg --class cat --minus dog --composite epsilon-plus\n' +
        '  $ regard explain age.onnx *.jpg --class years --minus mean\n',
    )
    .action(explain)
}

async function explain(first: string | undefined, others: string[], flags: Flags): Promise<void> {
  const { path, paths } = argumentsFrom(first, others)
  const { photos, skipped: unlisted, left } = filesIn(paths, flags.out)
  tellLeft(left)
  requirePhotos(photos, unlisted)
  requireWritableFolder(flags.out)
  for (const { face, reason } of unlisted) console.error(`skipped: ${printable(face)}: ${reason}`)
  if (flags.landmarks && photos.length > 1) {
    throw new UsageError('--landmarks is for one photo: explain photos with landmarks one at a time')
  }
  checkMethod(flags)
  const { method } = flags
  const composite = compositeFrom(flags.composite)
  const landmarks = flags.landmarks ? readLandmarks(flags.landmarks) : undefined
  const all = await answersFrom(path, flags)
  const [model] = all as [Model, ...Model[]]
  if (landmarks) requireLandmarksUse(model)
  const meant = answersAsked(all, flags.class, flags.minus === 'mean' ? undefined : flags.minus)
  tellMinus(flags, meant)
  const asIs = flags.asIs ?? false
  const engine = await nodeEngine(flags)
  const shownOf = () => shownIn(photos, model, landmarks, asIs)
  const minuses: (string | undefined)[] = []
  for (const answer of meant) minuses.push(await minusFrom(flags, answer, photos, shownOf, engine))
  const answers = meant.map((answer, k) => against(answer, minuses[k]))
  const names = answerNames(all)
  const suffixes = meant.map((answer) => (all.length > 1 ? `.${fileName(names[all.indexOf(answer)]!)}` : ''))
  const tasks = answers.map((answer, k) => tasksOf({ ...flags, minus: minuses[k] }, answer, suffixes[k]!))
  const inputs = namesOf(photos, tasks.flat(), flags.out)
  const isOurs = isBuiltIn(model.path)
  if (!isOurs && !inputs.every(({ path }) => isPreprocessed(path))) tellPreprocessing(model, asIs)
  for (const answer of answers) tellKind(answer)
  const jobs: Job[] = []
  try {
    for (const [k, answer] of answers.entries()) {
      const layers = [...new Set(flags.layer)].map((name) => ({ name, value: layerOf(answer.network, name) }))
      const values = layers.map(({ value }) => value)
      const chosen = method ? undefined : chosenComposite(answer, composite)
      const how = chosen
        ? {
            composite: chosen,
            layers: values,
            conservation: METHODS[chosen.method ?? 'relevance'].gives.conservation,
          }
        : { method: methodFrom(method!, flags, values) }
      const explainer = await loadModelExplainer(answer, { engine, ...how })
      const isAttribution =
        method === 'integrated-gradients' || (chosen?.method === 'gradient' && chosen.timesInput === true)
      jobs.push({
        model: answer,
        explainer,
        addsUp: explainer.conserves || isAttribution,
        tasks: tasks[k]!,
        layers: method ? [] : layers,
        by: chosen ? { composite: chosen.name } : { composite: null, method },
        landmarks,
      })
    }
    const shown = shownOf()
    const skipped = await untilStopped((signal) => explainAll(inputs, shown, jobs, signal)).finally(() =>
      shown.return(undefined),
    )
    const sentence = aboutPeople(answers)
    if (skipped < inputs.length && sentence) console.error(sentence)
    if (skipped) console.error(`${skipped} of ${inputs.length} inputs skipped`)
    if (skipped || unlisted.length > 0) process.exitCode ||= 3
  } finally {
    for (const { explainer } of jobs) await explainer.release()
  }
}

/** @throws UserError where the model does not use landmarks to cut out faces */
function requireLandmarksUse({ card, path }: Model): void {
  if (typeof card.alignment === 'string') return
  throw new UserError(
    card.alignment
      ? 'it cuts faces out by the detector’s box, so landmarks have no effect'
      : 'its card does not say how faces are aligned',
    path,
    card.alignment
      ? 'Leave --landmarks out'
      : 'Give a photo of the face alone, or write `alignment: r` or `i` into the card',
  )
}

/**
 * Where ages are compared with a bare number, say what that means: the user may well mean something else.
 *
 * A class of one year is an age, and the expected age may be compared with it too.
 */
function tellMinus({ class: asked, minus }: Flags, answers: readonly Model[]): void {
  if (asked !== undefined || minus === undefined || minus === 'mean') return
  for (const answer of answers) {
    if (answer.kind === 'number' || !understands(answer, ['years'], minus)) continue
    console.error(
      `The likeliest class is compared with the class ${minus}; --class years --minus ${minus} compares the expected age with it`,
    )
  }
}

/** What answers are compared with: the value of `--minus`, or for `mean` the mean answer over all inputs. */
async function minusFrom(
  { minus, class: asked = ['top'] }: Flags,
  model: Model,
  inputs: readonly { readonly path: string }[],
  shownOf: () => AsyncGenerator<ShownPhoto>,
  engine: Engine,
): Promise<string | undefined> {
  if (minus !== 'mean' || model.classes.includes(minus)) return minus
  const questions = questionsOf(model, asked)
  if (model.kind !== 'number' && questions.some((question) => question.class !== 'years'))
    throw new UsageError('--minus mean is the mean age: use it with --class years')
  if (inputs.length < 2) throw new UsageError('--minus mean is a mean over photos: give more than one')
  const explainer = await loadModelExplainer(model, { engine, composite: 'gradient' })
  const photos = shownOf()
  const line = new Progress('Averaging', inputs.length)
  const started = performance.now()
  let [sum, count] = [0, 0]
  const answer = async (signal: AbortSignal) => {
    for (const [k, { path }] of inputs.entries()) {
      if (performance.now() - started > QUIET) line.update(k, path)
      signal.throwIfAborted()
      const shown = isPreprocessed(path) ? undefined : (await photos.next()).value
      try {
        for (const { tensor } of await seenIn(path, shown, model)) {
          const [own] = await explainInput(explainer, model, tensor, questions, { signal })
          sum += own!.value!
          count++
        }
      } catch (error) {
        // A file that cannot be read is skipped, and named, when its turn comes.
        if (!(error instanceof UserError)) throw error
      }
    }
  }
  await untilStopped(answer).finally(async () => {
    line.finish()
    await photos.return(undefined)
    await explainer.release()
  })
  if (count === 0) throw new UserError('there is no answer to average: none of the inputs can be read')
  const mean = String(Number((sum / count).toPrecision(6)))
  console.error(`The mean of ${count} answers is ${mean}: each is compared with it`)
  return mean
}

/** Explain inputs one after another; it can stop between two runs of the network. Returns how many were skipped. */
async function explainAll(
  inputs: readonly Input[],
  photos: AsyncGenerator<ShownPhoto>,
  jobs: readonly Job[],
  signal: AbortSignal,
): Promise<number> {
  const line = new Progress('Explaining', inputs.length)
  const started = performance.now()
  let skipped = 0
  try {
    for (const [k, input] of inputs.entries()) {
      const progress = (done: number, total: number) => {
        if (performance.now() - started > QUIET) line.update(k + done / total, input.path)
      }
      progress(0, 1)
      signal.throwIfAborted()
      const shown = isPreprocessed(input.path) ? undefined : (await photos.next()).value
      const { lines, trouble } = await explainOne(input, shown, jobs, { signal, progress })
      line.finish()
      for (const text of lines) console.log(text)
      if (trouble) {
        console.error(`skipped: ${trouble.message}`)
        skipped++
      }
    }
  } finally {
    line.finish()
  }
  return skipped
}

/** Milliseconds that may pass without a progress line. */
const QUIET = 2000

/** Check that a method does not contradict other flags. */
function checkMethod({ method, composite, seed, layer = [], class: asked, minus }: Flags): void {
  if (method && composite) throw new UsageError('--method replaces --composite: give only one of them')
  if (seed !== undefined && !(method && WITH_SEED.includes(method)))
    throw new UsageError(`--seed is only for --method ${WITH_SEED.join(', ')}`)
  if (method && !METHODS[method].ofClass && (asked ?? minus) !== undefined) {
    throw new UsageError(
      `--method ${method} makes one map, the same for every class`,
      undefined,
      'Leave --class and --minus out',
    )
  }
  if (method && layer.length > (method === 'grad-cam' ? 1 : 0)) {
    throw new UsageError(
      'grad-cam is the only method that takes --layer, and it takes one: give --layer once',
    )
  }
}

/** A method with the flags that belong to it. */
function methodFrom(method: NamedMethod['method'], { seed }: Flags, [layer]: readonly string[]): NamedMethod {
  if (method === 'grad-cam') return { method, layer }
  // `checkMethod` refuses a seed for a method without random numbers.
  return { method, seed } as NamedMethod
}

/** Explain one input and write its files; returns a line about each, and why the input, or what is left of it, is skipped. */
async function explainOne(
  { path, to }: Input,
  shown: ShownPhoto | undefined,
  jobs: readonly Job[],
  watch: Watch,
): Promise<{ lines: string[]; trouble?: UserError }> {
  const lines: string[] = []
  const maps = new Map<string, PlacedMap[]>()
  try {
    const seen = await seenIn(path, shown, jobs[0]!.model)
    const runs = seen.length * jobs.length
    for (const [k, { tensor, face, suffix: of }] of seen.entries()) {
      for (const [n, job] of jobs.entries()) {
        const progress = (done: number, total: number) =>
          watch.progress?.(k * jobs.length + n + done / total, runs)
        const questions = job.tasks.map(({ question }) => question)
        const found = await explainInput(job.explainer, job.model, tensor, questions, { ...watch, progress })
        for (const [t, explanation] of found.entries()) {
          const { question, suffix } = job.tasks[t]!
          const file = `${to}${of}${suffix}`
          const parts = face && job.addsUp ? byPart(explanation, face, job) : undefined
          await write(file, path, question, explanation, job, { face, parts })
          const name =
            seen.length > 1 ? `${printable(path)} (face ${k + 1} of ${seen.length})` : printable(path)
          lines.push(summary(name, question, explanation, job.model, { to: file, parts }))
          if (face?.map && explanation.map) {
            const toPhoto = inputToPhoto(requirePreprocessing(job.model), face.picture, face.map)
            addToGroup(maps, suffix, { map: explanation.map, toPhoto })
          }
        }
      }
    }
  } catch (error) {
    // If one cannot be written, neither can the next.
    if (!(error instanceof UserError) || error instanceof NotWritten) throw error
    const named = error.message.startsWith(printable(path))
    return { lines: [], trouble: named ? error : new UserError(error.message.split('\n'), path) }
  }
  for (const reason of shown?.refused ?? []) lines.push(`${printable(path)}: ${reason}`)
  if (maps.size === 0) return { lines }
  try {
    await drawInto(path, to, maps)
  } catch (error) {
    // It could be read a moment ago.
    if (!(error instanceof UserError) || error instanceof NotWritten) throw error
    return { lines, trouble: new UserError(`${error.message}. Its maps were not drawn into it`) }
  }
  return { lines }
}

function tasksOf(flags: Flags, model: Model, of: string): Task[] {
  const questions = questionsOf(model, flags.class ?? ['top'], flags.minus)
  return questions.map((question) => ({
    question,
    suffix: `${of}${questions.length > 1 ? `.${fileName(nameOf(question.class, model))}` : ''}`,
  }))
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}
