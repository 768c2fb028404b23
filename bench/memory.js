/** The peak memory of a process that reads a model and makes one map: node bench/memory.js MODEL.onnx */

import { nodeEngine } from '../dist/engine/node.js'
import { loadExplainer } from '../dist/explanation/explain.js'
import { readModelFile } from '../dist/formats/node.js'
import { float32 } from '../dist/graph/types.js'
import { composites } from '../dist/rules/composites/presets.js'
import { peakMemory } from './measure.js'

const explainer = await loadExplainer(
  await nodeEngine(),
  await readModelFile(process.argv[2]),
  composites.paper,
  {
    conservation: true,
  },
)
await explainer.explain(float32(explainer.shape), ['top'])
console.log(`peak memory of a map, from file to map: ${peakMemory().toFixed(2)} GB`)
