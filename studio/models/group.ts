/** Groups dropped files into models, and finds what is missing. */

/** A model with the files that belong to it. */
export interface Grouped {
  /** Its name from now on. */
  readonly id: string
  /** The name of its own file among `files`. */
  readonly file: string
  readonly files: Readonly<Record<string, Blob>>
}

/** The result of grouping files. */
export interface Grouping {
  readonly models: readonly Grouped[]
  /** Cards without their model, by name: the model may already be here. */
  readonly cards: readonly { readonly id: string; readonly card: Blob }[]
  /** A sentence for what is missing or not read. */
  readonly problems: readonly string[]
  /** Files that wait for their partner. */
  readonly waiting: readonly File[]
}

const CARD = /\.card\.ya?ml$/i

/** Files of other programs, and how to get a model out of them. */
const OTHERS: readonly (readonly [ending: RegExp, remedy: string])[] = [
  [/\.(pt|pth|ckpt|safetensors)$/i, 'Export it as .onnx with torch.onnx.export.'],
  [/\.(h5|keras|pb|tflite)$/i, 'Convert it to .onnx with tf2onnx, or to TensorFlow.js.'],
  [/\.(jpe?g|png|webp|heic|gif|avif)$/i, 'Photos are opened in Look.'],
]

/**
 * Find the models among files.
 *
 * @param files of one or more drops: a file replaces an earlier one of the same name
 */
export async function groupedFrom(files: readonly File[]): Promise<Grouping> {
  const all = [...new Map(files.map((file) => [file.name, file])).values()]
  const ending = (pattern: RegExp) => all.filter(({ name }) => pattern.test(name))
  const prototxts = ending(/\.prototxt$/i)
  const caffe = ending(/\.caffemodel$/i)
  const json = ending(/\.json$/i)
  const onnx = ending(/\.onnx$/i)
  const parts = ending(/\.(bin|data|onnx_data)$|-?shard\d+of\d+$/i)
  const cards = ending(CARD)
  const also = ending(/\.(txt|npy|binaryproto)$/i)
  const mains = [...onnx, ...caffe, ...json]
  const known = new Set([...mains, ...prototxts, ...parts, ...cards, ...also])

  const models: Grouped[] = []
  const problems: string[] = []
  const waiting: File[] = []
  const incomplete = (sentence: string, ...some: File[]) => {
    problems.push(sentence)
    waiting.push(...some)
  }
  for (const main of mains) {
    const name = stemOf(main.name)
    const isOnly = mains.length === 1
    const found: Record<string, Blob> = { [main.name]: main }
    const card = cards.find((each) => isOnly || stemOf(each.name) === name)
    if (caffe.includes(main)) {
      const prototxt =
        prototxts.length === 1
          ? prototxts[0]
          : prototxts.find((each) => [name, `${name}_deploy`, 'deploy'].includes(stemOf(each.name)))
      if (!prototxt) {
        const which = prototxts.length > 1 ? `one of them called ${name}.prototxt` : 'drop both'
        incomplete(`This .caffemodel needs its .prototxt: ${which}.`, main)
        continue
      }
      found[`${name}.prototxt`] = prototxt
    }
    if (json.includes(main)) {
      const wanted = await weightsOf(main)
      const missing = wanted?.filter((each) => !parts.some((part) => part.name === each)) ?? []
      if (missing.length > 0) {
        incomplete(`This ${main.name} needs ${listed(missing)}: drop them together.`, main, ...parts)
        continue
      }
    }
    for (const each of [...parts, ...also]) found[each.name] = each
    if (card) found[`${name}.card.yaml`] = card
    models.push({ id: idOf(name), file: main.name, files: found })
  }
  const lonely = (some: readonly File[], sentence: string) => {
    if (mains.length === 0 && some.length > 0) incomplete(sentence, ...some)
  }
  lonely(prototxts, 'This .prototxt needs its .caffemodel: drop both.')
  lonely(parts, 'These weights need their model.json or .onnx: drop both.')
  if (cards.length === 0) lonely(also, 'A mean or a list of classes needs its model: drop both.')
  for (const file of all.filter((each) => !known.has(each))) {
    const [, remedy] = OTHERS.find(([pattern]) => pattern.test(file.name)) ?? []
    problems.push(
      `${file.name} is not a model that regard reads. ${remedy ?? 'It reads .onnx, .caffemodel + .prototxt, and model.json + .bin.'}`,
    )
  }
  return {
    models,
    cards:
      mains.length === 0
        ? await Promise.all(cards.map(async (card) => ({ id: idOf(stemOf(card.name)), card })))
        : [],
    problems,
    waiting,
  }
}

/** The name of a file without its endings. */
export function stemOf(name: string): string {
  return name.replace(CARD, '').replace(/\.[^.]+$/, '')
}

/** A name fit for links and lists. */
function idOf(stem: string): string {
  return stem.replace(/[^\p{L}\p{N}._-]+/gu, '-') || 'model'
}

/** The names of the files with a TensorFlow.js model's weights; undefined where the file is not one. */
async function weightsOf(json: File): Promise<string[] | undefined> {
  try {
    const { weightsManifest } = JSON.parse(await json.text())
    return weightsManifest.flatMap(({ paths }: { paths: string[] }) =>
      paths.map((path) => path.replace(/^.*\//s, '')),
    )
  } catch {
    // Errors are reported where it is read.
    return undefined
  }
}

function listed(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(', ')
}
