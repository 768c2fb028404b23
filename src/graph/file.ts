/**
 * The `.onnx` file format: bytes to graph and graph to bytes.
 *
 * A file that regard wrote holds a graph in the form that it has in memory, and is read as it stands. A file of any
 * other program goes through `import/`.
 */

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { reasonOf, UserError } from '../base/errors.ts'
import { fixInput, type OpenSizes } from './batch.ts'
import { withDefaults } from './builder.ts'
import { withFunctionsInPlace } from './import/functions.ts'
import { importGraph } from './import/importGraph.ts'
import { inputFrom } from './import/inputs.ts'
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
} from './onnx_pb.ts'
import { type AttributeSpec, isOperator, type Node, OPERATORS, OPSET } from './operators.ts'
import { lookOf, PICTURES_ONLY } from './otherKinds.ts'
import {
  alignInPlace,
  attributeFrom,
  attributeNumberOf,
  type ExternalFiles,
  type ExternalWriter,
  numberOf,
  tensorFrom,
  tensorTo,
  typeOf,
  valueTo,
} from './proto.ts'
import type { DataType, Graph, Tensor, ValueInfo } from './types.ts'
import { verify } from './verify.ts'

const IR_VERSION = 8n
const PRODUCER = 'regard'
/** The oldest and newest opset that can be read: ONNX Runtime 1.30 runs no others. */
const OLDEST = 7
const NEWEST = 26

/** How a model is read. */
export interface ReadOptions {
  /** The files beside the model that weights lie in: those that {@link externalFiles} names. */
  readonly external?: ExternalFiles
  /** Sizes of dimensions that the model leaves open, by the names that its inputs give them. */
  readonly sizes?: OpenSizes
  /** Whether nothing else needs the bytes: then the weights stay in them, moved a little, and are not copied. */
  readonly overwrite?: boolean
}

/** A model whose bytes are parsed, but whose graph is not built yet. */
export interface ParsedModel {
  readonly graph: GraphProto
  readonly opset: number
  /** Whether regard wrote it in its present format. */
  readonly own: boolean
}

/**
 * Read a model.
 *
 * @param where the file's name, for messages
 * @throws UserError when the bytes are not a whole ONNX model, or use something that regard does not know
 */
export function readGraph(bytes: Uint8Array, where: string, options: ReadOptions = {}): Graph {
  return graphOf(parseModel(bytes, where), where, options)
}

/**
 * The first half of {@link readGraph}: between the halves the caller learns which files beside the model are needed.
 *
 * @throws UserError when the bytes are not a whole ONNX model, or its opset cannot be read
 */
export function parseModel(bytes: Uint8Array, where: string): ParsedModel {
  const { graph: whole, opsetImport, producerName, functions } = modelFrom(bytes, where)
  if (!whole) throw new UserError('holds no ONNX graph', where, 'Give an .onnx file')
  const opset = Number(opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0n)
  if (opset < OLDEST || opset > NEWEST) {
    throw new UserError(
      `is written in ONNX opset ${opset}; regard reads opsets ${OLDEST} to ${NEWEST}`,
      where,
      `Convert it with the onnx package's version_converter`,
    )
  }
  const graph = about(where, () => withFunctionsInPlace(whole, functions, opset))
  return { graph, opset, own: producerName === PRODUCER && opset === OPSET }
}

/** Run `act`, and add the file to its errors. */
function about<T>(where: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (error instanceof UserError) throw new UserError(error.message, where)
    throw new UserError(`is not a well-formed model: ${reasonOf(error)}`, where)
  }
}

/**
 * The second half of {@link readGraph}.
 *
 * @throws UserError when the model uses something that regard does not know, or weights are incomplete
 */
export function graphOf(
  { graph: proto, opset, own }: ParsedModel,
  where: string,
  { external, sizes, overwrite }: ReadOptions = {},
): Graph {
  if (overwrite) alignInPlace(proto.initializer)
  return about(where, () =>
    inSight(proto, () => {
      const graph = own ? graphFrom(proto, external) : importGraph(proto, opset, external, sizes)
      verify(graph)
      return own && sizes ? fixInput(graph, sizes) : graph
    }),
  )
}

/** Read a graph; where that fails and its input is not pictures at all, say so before the reason. */
function inSight(proto: GraphProto, read: () => Graph): Graph {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const look = lookOf(declaredIn(proto))
    if (!look) throw error
    throw new UserError(
      `looks like a model for ${look}, and cannot be read (${error.message})`,
      undefined,
      PICTURES_ONLY,
    )
  }
}

/** The inputs that a file declares, as far as they can be read. */
function declaredIn({ input, initializer }: GraphProto): ValueInfo[] {
  const constants = new Set(initializer.map(({ name }) => name))
  return input
    .filter(({ name }) => !constants.has(name))
    .flatMap((each) => {
      try {
        return [inputFrom(each)]
      } catch {
        return []
      }
    })
}

function modelFrom(bytes: Uint8Array, where: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes)
  } catch {
    throw new UserError(
      'is not a complete ONNX model',
      where,
      'It may be cut short: download it again and compare its size',
    )
  }
}

function graphFrom(proto: GraphProto, external: ExternalFiles | undefined): Graph {
  const initializers = new Map(proto.initializer.map((tensor) => [tensor.name, tensorFrom(tensor, external)]))
  const [replaceable, inputs] = [true, false].map((given) =>
    proto.input.filter(({ name }) => initializers.has(name) === given),
  ) as [GraphProto['input'], GraphProto['input']]
  return {
    name: proto.name,
    opset: OPSET,
    inputs: inputs.map(valueFrom),
    outputs: proto.output.map(valueFrom),
    initializers,
    nodes: proto.node.map((node) => nodeFrom(node, external)),
    ...(replaceable.length > 0 && { replaceable: new Set(replaceable.map(({ name }) => name)) }),
  }
}

function valueFrom(proto: GraphProto['input'][number]): ValueInfo {
  const tensor = proto.type?.tensorType
  if (!tensor?.shape) throw new UserError(`value ${proto.name} has no shape`)
  return {
    name: proto.name,
    type: typeOf(tensor.elemType, proto.name),
    shape: tensor.shape.dim.map((d) => (d.dimParam === '' ? Number(d.dimValue) : d.dimParam)),
  }
}

function nodeFrom(proto: NodeProto, external: ExternalFiles | undefined): Node {
  const { name, opType: op, input: inputs, output: outputs } = proto
  if (!isOperator(op)) throw new UserError(`node ${name} uses the operator ${op}, which regard does not know`)
  const specs: Record<string, AttributeSpec> = OPERATORS[op].attributes
  const given: Record<string, unknown> = {}
  for (const attribute of proto.attribute) {
    const value = attributeFrom(attribute, external)
    const kind = specs[attribute.name]?.kind
    if (kind === 'graph') given[attribute.name] = graphFrom(value as GraphProto, external)
    else if (kind === 'type') given[attribute.name] = typeOf(value as number, attribute.name)
    else given[attribute.name] = value
  }
  return { op, name, inputs, outputs, attributes: withDefaults(op, given) } as Node
}

/**
 * Write a graph as the bytes of an `.onnx` file that any ONNX program reads.
 *
 * @param external where large weights go instead of into the file itself
 * @throws Error when the graph is not well formed
 */
export function writeGraph(graph: Graph, external?: ExternalWriter): Uint8Array {
  verify(graph)
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: PRODUCER,
      opsetImport: [{ domain: '', version: BigInt(graph.opset) }],
      graph: graphTo(graph, external),
    }),
  )
}

function graphTo(graph: Graph, external: ExternalWriter | undefined): GraphProto {
  const replaceable = [...graph.initializers].filter(([name]) => graph.replaceable?.has(name))
  return create(GraphProtoSchema, {
    name: graph.name,
    input: [
      ...graph.inputs.map(valueTo),
      ...replaceable.map(([name, { type, shape }]) => valueTo({ name, type, shape })),
    ],
    output: graph.outputs.map(valueTo),
    initializer: [...graph.initializers].map(([name, tensor]) => tensorTo(name, tensor, external)),
    node: graph.nodes.map(nodeTo),
  })
}

function nodeTo(node: Node): NodeProto {
  const specs: Record<string, AttributeSpec> = OPERATORS[node.op].attributes
  const values = node.attributes as unknown as Record<string, never>
  return create(NodeProtoSchema, {
    name: node.name,
    opType: node.op,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.keys(specs).map((name) => attributeTo(name, specs[name]!.kind, values[name]!)),
  })
}

function attributeTo(name: string, kind: AttributeSpec['kind'], value: never): AttributeProto {
  const content = {
    int: () => ({ i: BigInt(value as number) }),
    float: () => ({ f: value as number }),
    string: () => ({ s: new TextEncoder().encode(value as string) }),
    ints: () => ({ ints: (value as readonly number[]).map(BigInt) }),
    floats: () => ({ floats: [...(value as readonly number[])] }),
    type: () => ({ i: BigInt(numberOf(value as DataType)) }),
    tensor: () => ({ t: tensorTo(name, value as Tensor, undefined) }),
    // ONNX Runtime looks for a body's weights inside the body.
    graph: () => ({ g: graphTo(value as Graph, undefined) }),
  }[kind]()
  return create(AttributeProtoSchema, { name, type: attributeNumberOf(kind), ...content })
}
