/** What `regard explain` is given, what the network sees of it, and how its results are named. */

import { existsSync, statSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { UsageError, UserError } from '../base/errors.ts'
import { PICTURE } from '../datasets/listing.ts'
import { photoFiles } from '../datasets/photoFiles.ts'
import { facesIn, type ShownPhoto } from '../evaluation/facesIn.ts'
import { endingOf } from '../formats/model.ts'
import { inputOf } from '../models/input.ts'
import { type Model, requirePreprocessing } from '../models/model.ts'
import { isPreprocessed, readInput } from '../models/node.ts'
import { DEFAULT_NETWORK, isBuiltIn } from '../networks/builtIn/index.ts'
import type { Point } from '../pictures/image.ts'
import type { Seen, Task } from './explanationFiles.ts'
import { isModelFile, modelIn } from './model.ts'

/** A file to explain, and the names of its results. */
export interface Input {
  readonly path: string
  /** The path of its results, without suffix and ending. */
  readonly to: string
}

/** Split the arguments into a model and photos, or photos alone. */
export function argumentsFrom(
  first: string | undefined,
  others: readonly string[],
): { path: string; paths: readonly string[] } {
  if (first === undefined)
    throw new UsageError(
      'there is nothing to explain',
      undefined,
      'Name a photo: npx regard explain face.jpg',
    )
  const isPhoto =
    PICTURE.test(first) ||
    isPreprocessed(first) ||
    (!isBuiltIn(first) &&
      modelIn(first) === undefined &&
      existsSync(first) &&
      (statSync(first).isDirectory() || endingOf(first) === ''))
  if (isPhoto) return { path: DEFAULT_NETWORK, paths: [first, ...others] }
  // Whatever it is, reading it as a picture reports that it is not one.
  const isModel = isBuiltIn(first) || isModelFile(first) || modelIn(first) !== undefined
  if (others.length === 0 && !isModel && existsSync(first)) return { path: DEFAULT_NETWORK, paths: [first] }
  if (others.length === 0 && isModel)
    throw new UsageError('there is nothing to explain', first, 'Name a photo after it')
  return { path: first, paths: others }
}

/** The files that are named; for a folder, its photos, with their names below it. */
export function filesIn(paths: readonly string[], out: string) {
  const left = new Map<string, number>()
  const found = paths.map((path) => {
    if (existsSync(path) && statSync(path).isDirectory()) {
      const { left: own, ...rest } = photoFiles([path], out)
      for (const [ending, count] of own) left.set(ending, (left.get(ending) ?? 0) + count)
      return rest
    }
    return { photos: [{ path, name: basename(path, extname(path)) }], skipped: [] }
  })
  return {
    photos: found.flatMap(({ photos }) => photos),
    skipped: found.flatMap(({ skipped }) => skipped),
    left,
  }
}

/** The names of the results of each input. */
export function namesOf(
  inputs: readonly { readonly path: string; readonly name: string }[],
  tasks: readonly Task[],
  out: string,
): Input[] {
  const owners = new Map<string, string>()
  const given = new Map(inputs.map(({ path }) => [resolve(path), path]))
  return inputs.map(({ path: input, name }) => {
    const to = join(out, name)
    for (const path of tasks.map(({ suffix }) => to + suffix)) {
      const other = owners.get(path)
      if (other !== undefined) {
        throw new UserError(
          other === input
            ? `two classes would both be written as ${path}.png`
            : `${other} and ${input} would both be written as ${path}.png`,
          undefined,
          'Explain them one at a time, each with its own --out',
        )
      }
      const lost = ['.png', '.map.png', '.photo.png', '.relevance.npy']
        .map((ending) => given.get(resolve(path + ending)))
        .find((each) => each !== undefined)
      if (lost !== undefined)
        throw new UserError('the output would overwrite the input', lost, 'Choose another folder with --out')
      owners.set(path, input)
    }
    return { path: input, to }
  })
}

/** What the network sees of the photos among some inputs, in order. */
export function shownIn(
  inputs: readonly { readonly path: string }[],
  model: Model,
  landmarks: readonly Point[] | undefined,
  asIs: boolean,
): AsyncGenerator<ShownPhoto> {
  const photos = inputs.filter(({ path }) => !isPreprocessed(path))
  const jobs = photos.map(({ path }) => ({ photo: path, ...(landmarks && { landmarks }) }))
  return facesIn(jobs, model, { asIs })
}

/** What the network sees of one input: for a photo, each of its faces. */
export async function seenIn(path: string, shown: ShownPhoto | undefined, model: Model): Promise<Seen[]> {
  return shown ? picturesOf(path, shown, model) : [{ tensor: await readInput(path, model), suffix: '' }]
}

/**
 * The faces of a photo, or the photo itself, as the network sees them.
 *
 * @throws UserError where there is nothing to show
 */
function picturesOf(path: string, { faces, refused, broken }: ShownPhoto, model: Model): Seen[] {
  if (faces.length === 0) {
    throw new UserError(broken ?? refused[0]!, broken === undefined ? path : undefined)
  }
  const preprocessing = requirePreprocessing(model)
  return faces.map((face, k) => ({
    tensor: inputOf(face.picture, preprocessing),
    face,
    suffix: faces.length > 1 ? `.face${k + 1}` : '',
  }))
}
