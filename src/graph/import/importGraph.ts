/**
 * Turns a graph that another program wrote into the form that regard holds graphs in.
 *
 * Node by node, each after the ones that it reads from: its form in the file's opset becomes that of opset 18
 * (`opsets.ts`), what follows from constants is computed, and shapes are inferred; those that the file declares for
 * inner values are not needed. Half and double precision become single. Outputs, weights and layers keep the names that
 * the file gives them.
 *
 * Only what leads to an output is read. A node that cannot be read makes only the outputs that need it unreadable: the
 * graph then lacks these, and its `reading` says why.
 */

import type { OpenSizes } from '../batch.ts'
import { withSizes } from '../batch.ts'
import type { GraphProto } from '../onnx_pb.ts'
import type { ExternalFiles } from '../proto.ts'
import type { Graph } from '../types.ts'
import { inputFrom, onlyCast, withChannels } from './inputs.ts'
import { inOrder, namesReadBy } from './order.ts'
import { Reader } from './reader.ts'

/**
 * @param opset of the file's standard operators
 * @param external the files beside the model that weights lie in
 * @param given sizes for dimensions that the inputs leave open, by name
 * @throws UserError or Error naming the node or value that cannot be read, where no output can be
 */
export function importGraph(
  proto: GraphProto,
  opset: number,
  external: ExternalFiles | undefined,
  given: OpenSizes = {},
): Graph {
  const results = proto.output.map(({ name }) => name)
  const nodes = inOrder(proto.node, results)
  const read = new Set([...results, ...nodes.flatMap(namesReadBy)])
  const reader = new Reader(proto, opset, external)

  const constants = proto.initializer.filter(({ name }) => read.has(name))
  for (const tensor of constants) reader.constant(tensor.name, tensor)
  // Old exporters list constants among the inputs as well.
  const sizes = new Map(proto.initializer.map(({ name, dims }) => [name, dims.map(Number)]))
  const declared = proto.input.filter(({ name }) => !sizes.has(name)).map(inputFrom)
  for (const sized of withSizes(declared, given)) {
    const input = withChannels(sized, nodes, (name) => sizes.get(name))
    const becomesFloat = input.type !== 'float32' && onlyCast(input.name, nodes, new Set(results))
    reader.input(becomesFloat ? { ...input, type: 'float32' } : input)
    if (becomesFloat)
      reader.note(
        `its input ${input.name} is ${input.type} and is converted to float32 at once, so it is float32 here`,
      )
  }
  for (const node of nodes)
    reader.node(
      node,
      (name) => name,
      (name) => read.has(name),
    )
  return reader.graph()
}
