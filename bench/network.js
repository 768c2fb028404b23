import { Random } from '../dist/base/random.js'
import { withoutUnread } from '../dist/graph/fold.js'
import { networks } from '../dist/networks/index.js'

/** A network of the paper at its published size, with random weights and without heads that only help in training. */
export function network(name, batch, classes = 1000) {
  const { build, input } = networks[name]
  const graph = build({ input, classes, batch, width: 1, random: new Random('bench') })
  return withoutUnread({ ...graph, outputs: graph.outputs.slice(0, 1) })
}
