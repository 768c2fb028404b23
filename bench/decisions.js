/**
 * What a training step decides: which way each ReLU went, and which place each max pooling took. Between two numbers
 * that are almost equal rounding decides, and a decision changes a gradient by more than rounding does. So a comparison
 * of gradients has to know them.
 */

import { GraphBuilder } from '../dist/graph/builder.js'
import { sizeOf } from '../dist/graph/types.js'

/**
 * Training steps with their decisions as further outputs. The gradient needs all of these numbers anyway, so nothing is
 * computed differently.
 *
 * @param graph a graph of `trainingSteps`
 * @returns the graph, and how to read the decisions of one step: `signs` (1 where a ReLU lets its input through) and
 *   `places` (the index in its plane of what a window took), each in the order of the network's layers
 */
export function withDecisions(graph) {
  const scan = graph.nodes.find(({ op }) => op === 'Scan')
  const { body } = scan.attributes
  const values = GraphBuilder.from(body)
  const of = (op, output) => body.nodes.filter((node) => node.op === op).map(output)
  const relus = of('Relu', ({ outputs }) => ({ ...values.value(outputs[0]) }))
  const pools = of('MaxPool', ({ inputs, outputs }) => ({
    ...values.value(outputs[1]),
    plane: sizeOf(values.value(inputs[0]).shape.slice(2)),
  }))
  const seen = [...relus, ...pools]
  const steps = {
    ...scan,
    outputs: [...scan.outputs, ...seen.map(({ name }) => `seen/${name}`)],
    attributes: { ...scan.attributes, body: { ...body, outputs: [...body.outputs, ...seen] } },
  }
  const outputs = seen.map(({ name, type, shape }) => ({
    name: `seen/${name}`,
    type,
    shape: ['steps', ...shape],
  }))
  return {
    graph: {
      ...graph,
      nodes: graph.nodes.map((node) => (node === scan ? steps : node)),
      outputs: [...graph.outputs, ...outputs],
    },
    decisionsOf: (results) => ({
      signs: relus.map(({ name }) => Uint8Array.from(results[`seen/${name}`].data, (v) => (v > 0 ? 1 : 0))),
      places: pools.map(({ name, plane }) =>
        Int32Array.from(results[`seen/${name}`].data, (place) => Number(place) % plane),
      ),
    }),
  }
}
