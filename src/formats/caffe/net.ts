/**
 * A network as its prototxt (Caffe's NetParameter) describes it: its input, and the layers that run in the TEST
 * phase. Both of Caffe's notations are read: `layer { type: "Convolution" }` and the older
 * `layers { type: CONVOLUTION }`.
 */

import { UserError } from '../../base/errors.ts'
import { type Message, parsePrototxt } from './prototxt.ts'

/** A layer: it reads the blobs `bottoms` and writes the blobs `tops`, some of them perhaps in place. */
export interface Layer {
  readonly name: string
  /** The type's present-day name, whichever notation the file uses. */
  readonly type: string
  /** The file and line that it starts in. */
  readonly where: string
  readonly bottoms: readonly string[]
  readonly tops: readonly string[]
  /** Its parameters: `parameters.message('convolution_param')`. */
  readonly parameters: Message
}

/** A network's input and layers. */
export interface Net {
  readonly name: string
  readonly input: { readonly name: string; readonly shape: readonly number[] }
  /** In the order that they run in. Layers that load data or compute a loss are left out. */
  readonly layers: readonly Layer[]
  /** The blobs that only layers that load data write (labels), each with its layer. */
  readonly loaded: ReadonlyMap<string, Layer>
}

/** Layers that load data: regard feeds the network itself. */
const LOADERS = /^(Data|ImageData|HDF5Data|WindowData|MemoryData|DummyData|AnnotatedData)$/
/** Layers that only training and its reports need. */
const REPORTS = /Loss$|^(Accuracy|HDF5Output)$/

/**
 * Read a network's definition.
 *
 * @param file its name, for messages
 * @throws UserError naming file and line when it is not a network, or lacks exactly one input
 */
export function readNet(text: string, file: string): Net {
  const root = parsePrototxt(text, file)
  const today = root.messages('layer')
  const old = root.messages('layers')
  if (today.length + old.length === 0) {
    throw new UserError(
      root.has('base_lr') || root.has('net') ? 'is a solver, not a network' : 'holds no layers',
      file,
      'Give the network’s deploy prototxt',
    )
  }
  const layers = [
    ...today.filter(runsInTest).map((layer) => readLayer(layer, (type) => type)),
    ...old.filter(runsInTest).map((layer) => readLayer(layer, typeOfToday)),
  ]
  const loaders = layers.filter(({ type }) => LOADERS.test(type))
  const inputs = [...declaredInputs(root, file), ...layers.flatMap(inputsOfLayer)]
  if (inputs.length > 1) {
    const names = inputs.map(({ name }) => name).join(', ')
    throw new UserError(
      `the network has ${inputs.length} inputs (${names}); regard reads networks with one`,
      file,
    )
  }
  if (inputs.length === 0) throw noInput(loaders[0], file)
  return {
    name: root.text('name') || 'caffe',
    input: inputs[0]!,
    layers: layers.filter(({ type }) => type !== 'Input' && !LOADERS.test(type) && !REPORTS.test(type)),
    loaded: new Map(loaders.flatMap((layer) => layer.tops.map((top) => [top, layer]))),
  }
}

function noInput(loader: Layer | undefined, file: string): UserError {
  if (!loader) {
    return new UserError('the network has no input', file, 'Give its deploy prototxt, which declares one')
  }
  const crop = loader.parameters.message('transform_param').integer('crop_size', 0, 0)
  const size = crop > 0 ? crop : 'SIZE'
  return new UserError(
    `the network has no input: layer ${loader.name} (${loader.type}) loads the pictures, as in training`,
    loader.where,
    'Give its deploy prototxt, or declare the input in the first line: ' +
      `input: "${loader.tops[0]}" input_shape { dim: 1 dim: 3 dim: ${size} dim: ${size} }`,
  )
}

function readLayer(parameters: Message, nameOf: (type: string) => string): Layer {
  const { where } = parameters
  if (parameters.has('layer')) {
    throw new UserError(
      'is written in Caffe’s oldest notation, with a layer inside layers',
      where,
      'Convert it with Caffe’s upgrade_net_proto_text',
    )
  }
  const [bottoms, tops] = [parameters.texts('bottom'), parameters.texts('top')]
  const name = parameters.text('name') || tops[0]
  const type = parameters.text('type')
  if (!type || !name) throw new UserError(name ? `layer ${name} has no type` : 'a layer has no name', where)
  if ([...bottoms, ...tops].includes(''))
    throw new UserError(`layer ${name} has a blob without a name`, where)
  return { name, type: nameOf(type), where, bottoms, tops, parameters }
}

const UNLIKE: Record<string, string> = {
  ABSVAL: 'AbsVal',
  ARGMAX: 'ArgMax',
  BNLL: 'BNLL',
  HDF5_DATA: 'HDF5Data',
  HDF5_OUTPUT: 'HDF5Output',
  LRN: 'LRN',
  MVN: 'MVN',
  RELU: 'ReLU',
  SOFTMAX_LOSS: 'SoftmaxWithLoss',
  TANH: 'TanH',
}

/** The present-day name of a type: INNER_PRODUCT is now InnerProduct. */
function typeOfToday(type: string): string {
  if (Object.hasOwn(UNLIKE, type)) return UNLIKE[type]!
  return type.replace(/([A-Z])([A-Z0-9]*)_?/g, (_, first, rest) => first + rest.toLowerCase())
}

/** Whether a layer runs in the phase TEST, at level 0 and in no stage, by its `include` and `exclude` rules. */
function runsInTest(layer: Message): boolean {
  const holds = (rule: Message) =>
    rule.choice('phase', ['TRAIN', 'TEST'], 'TEST') === 'TEST' &&
    rule.number('min_level', 0) <= 0 &&
    rule.number('max_level', 0) >= 0 &&
    !rule.has('stage')
  const include = layer.messages('include')
  return include.length > 0 ? include.some(holds) : !layer.messages('exclude').some(holds)
}

/** `input: "data"` with the shape as `input_shape { dim … }` or as four `input_dim`. */
function declaredInputs(root: Message, file: string): Net['input'][] {
  const shapes = root.messages('input_shape').map((shape) => shape.integers('dim', 1))
  const dims = root.integers('input_dim', 1)
  return root.texts('input').map((name, k) => {
    const shape = shapes[k] ?? dims.slice(4 * k, 4 * k + 4)
    if (shape.length === 0) {
      throw new UserError(`input ${name} has no shape`, file, 'Add input_shape { dim: 1 dim: 3 … } after it')
    }
    return { name, shape }
  })
}

function inputsOfLayer({ type, name, tops, where, parameters }: Layer): Net['input'][] {
  if (type !== 'Input') return []
  const shapes = parameters.message('input_param').messages('shape')
  return tops.map((top, k) => {
    const shape = (shapes[k] ?? shapes[0])?.integers('dim', 1) ?? []
    if (shape.length === 0) {
      throw new UserError(
        `layer ${name} (Input) has no shape`,
        where,
        'Add input_param { shape { dim: 1 dim: 3 … } }',
      )
    }
    return { name: top, shape }
  })
}
