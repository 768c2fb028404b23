import { readFileSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { messageOf, UserError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import { Progress } from '../base/progress.ts'
import { nearest } from '../base/yaml.ts'
import { readPhoto } from '../datasets/readPhoto.ts'
import { nodeEngine } from '../engine/node.ts'
import { type Explanation, loadExplainer, type Target } from '../explanation/explain.ts'
import { enlarged, heatMap, pixelRelevance, sideBySide } from '../explanation/heatMap.ts'
import { centreInput, pictureOf } from '../explanation/input.ts'
import { align } from '../faces/align.ts'
import type { Point } from '../faces/image.ts'
import { parseLandmarks } from '../faces/landmarks.ts'
import { square } from '../faces/square.ts'
import { readNpy, writeNpy } from '../formats/npy.ts'
import type { TensorOf } from '../graph/types.ts'
import type { Card } from '../networks/card.ts'
import { composites } from '../rules/composites/presets.ts'
import { type Model, readModel } from '../study/model.ts'
import { writePicture } from '../study/writePicture.ts'

/** The least height of the pictures that are written, in pixels. */
const SIDE = 320

interface Options {
  readonly class: string
  readonly landmarks?: string
  readonly out: string
}

/** `regard explain MODEL.onnx PHOTO…` */
export function explainCommand(): Command {
  return new Command('explain')
    .description('Show what in a photo speaks for and against one class of a network that regard trained.')
    .argument('<model>', 'the network, NAME.onnx, with its card NAME.card.yaml beside it')
    .argument(
      '<photo...>',
      'aligned faces, or a photo with --landmarks, or .npy files with input as the network takes it',
    )
    .option(
      '--class <class>',
      "the class to explain: `top`, the network's own answer, or a class by name or index",
      'top',
    )
    .option('--landmarks <file>', 'the 49 landmarks of the one photo, by which its face is cut out')
    .option('--out <dir>', 'the folder to write to', join('out', 'explained'))
    .addHelpText(
      'after',
      '\nExample:\n  $ regard explain model.onnx face.jpg --class top --out out/explained\n',
    )
    .action(explain)
}

async function explain(
  modelPath: string,
  photos: string[],
  options: Options,
  command: Command,
): Promise<void> {
  if (options.landmarks && photos.length > 1) {
    command.error('error: --landmarks belongs to one photo; explain photos that have landmarks one by one')
  }
  const targets = outputsOf(photos, options.out)
  const model = readModel(modelPath)
  const target = targetOf(options.class, model.card.classes, command)
  const landmarks = options.landmarks ? readLandmarks(options.landmarks) : undefined

  const explainer = await loadExplainer(nodeEngine(), model.network, composites[model.card.composite])
  const progress = new Progress('Explaining', photos.length)
  const started = Date.now()
  let skipped = 0
  try {
    for (const [k, photo] of photos.entries()) {
      const input = await inputOf(photo, model, landmarks)
      progress.finish()
      if (input instanceof UserError) {
        console.error(`skipped: ${input.message}`)
        skipped++
      } else {
        const [explanation] = await explainer.explain(input, [target])
        await write(targets[k]!, modelPath, photo, model, input, explanation!)
        console.log(summary(photo, explanation!, model.card, targets[k]!))
      }
      if (Date.now() - started > QUIET) progress.update(k + 1)
    }
  } finally {
    progress.finish()
    await explainer.release()
  }
  if (skipped > 0) {
    console.error(`${skipped} of ${photos.length} inputs skipped`)
    process.exitCode = 3
  }
}

/** Milliseconds that may pass without a progress line. */
const QUIET = 2000

/** Paths of the outputs without their endings, in the order of the inputs. */
function outputsOf(photos: readonly string[], out: string): string[] {
  const owners = new Map<string, string>()
  return photos.map((photo) => {
    const path = join(out, basename(photo, extname(photo)))
    const other = owners.get(path)
    if (other !== undefined) {
      throw new UserError(
        `${other} and ${photo} would both be written as ${path}.png`,
        undefined,
        'Explain them one by one, with a different --out',
      )
    }
    if (resolve(photo) === resolve(`${path}.png`)) {
      throw new UserError('the result would overwrite the photo', photo, 'Choose another folder with --out')
    }
    owners.set(path, photo)
    return path
  })
}

function targetOf(text: string, classes: readonly string[], command: Command): Target {
  if (text === 'top') return 'top'
  const named = classes.indexOf(text)
  if (named >= 0) return named
  if (/^\d+$/.test(text) && Number(text) < classes.length) return Number(text)
  const near = nearest(text, classes)
  const known = classes.map((name, k) => `${name} (${k})`).join(', ')
  return command.error(
    `error: the network has no class '${text}'${near ? `; did you mean '${near}'?` : ''}\nIts classes: ${known}`,
  )
}

function readLandmarks(path: string): Point[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UserError(`the landmarks cannot be read (${messageOf(error)})`, path)
  }
  return parseLandmarks(text, path)
}

/** What the network is shown of a file: float32 [1, 3, size, size]; or why the file must be skipped. */
async function inputOf(
  path: string,
  { card, mean }: Model,
  landmarks: readonly Point[] | undefined,
): Promise<TensorOf<'float32'> | UserError> {
  const { picture, alignment, input } = card
  try {
    if (extname(path).toLowerCase() === '.npy') return preprocessed(path, input.size)
    const photo = await readPhoto(path)
    const face = landmarks ? align(photo, landmarks, alignment, picture) : square(photo, picture)
    return centreInput(face.data, mean, picture, input.size)
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
}

function preprocessed(path: string, size: number): TensorOf<'float32'> {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw new UserError(`cannot be read (${messageOf(error)})`, path)
  }
  const tensor = readNpy(bytes, path)
  const shape = [1, 3, size, size]
  if (tensor.type !== 'float32' || tensor.shape.join() !== shape.join()) {
    throw new UserError(
      `the network takes float32 [${shape.join(', ')}], and this is ${tensor.type} [${tensor.shape.join(', ')}]`,
      path,
    )
  }
  if (!tensor.data.every(Number.isFinite)) throw new UserError('has values that are not numbers', path)
  return tensor
}

/** Write the picture, the relevance and the figures of one explanation, the figures last. */
async function write(
  to: string,
  modelPath: string,
  photo: string,
  { card, mean }: Model,
  input: TensorOf<'float32'>,
  { outputs, target, logit, relevance, conservation }: Explanation,
): Promise<void> {
  const explained = target.indexOf(1)
  const seen = pictureOf(input, mean, card.picture)
  const pictures = [seen, heatMap(pixelRelevance(relevance))]
  // Small networks see small pictures, which nobody could make out.
  const by = Math.ceil(SIDE / seen.height)
  await writePicture(`${to}.png`, sideBySide(pictures.map((picture) => enlarged(picture, by))))
  writeAtomic(`${to}.relevance.npy`, writeNpy({ ...relevance, shape: input.shape }))
  const record = {
    model: modelPath,
    input: photo,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, { logits, probabilities }]) => [
        name,
        { logits: [...logits], probabilities: [...(probabilities ?? [])] },
      ]),
    ),
    target: { output: card.output, class: explained, name: card.classes[explained], logit },
    composite: card.composite,
    conservation,
  }
  writeAtomic(`${to}.json`, `${JSON.stringify(record, undefined, 2)}\n`)
}

function summary(photo: string, { outputs, target }: Explanation, card: Card, to: string): string {
  const explained = target.indexOf(1)
  const percent = (100 * outputs[card.output]!.probabilities![explained]!).toFixed(1)
  return `${photo}: ${card.task} “${card.classes[explained]}” ${percent} % → ${to}.png`
}
