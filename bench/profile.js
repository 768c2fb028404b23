/**
 * Where a relevance map's time goes, by operator: npm run bench -- profile NETWORK [BATCH]
 *
 * NETWORK is adiencenet, caffenet, googlenet or vgg16
 *
 * Milliseconds of the last of four runs, from ONNX Runtime's own profile; and the same for the forward pass alone.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ort from 'onnxruntime-node'
import { writeGraph } from '../dist/graph/file.js'
import { sizeOf } from '../dist/graph/types.js'
import { composites } from '../dist/rules/composites/presets.js'
import { relevance } from '../dist/rules/relevance/relevance.js'
import { describeMachine } from './measure.js'
import { network } from './network.js'

const [name, batch = '1'] = process.argv.slice(2)
const graph = network(name, Number(batch))
describeMachine()
console.log(`${name}, batch ${batch}`)
await profile('forward', graph)
await profile('with map', relevance(graph, composites.paper).graph)

async function profile(what, graph) {
  const folder = mkdtempSync(join(tmpdir(), 'regard-profile-'))
  const session = await ort.InferenceSession.create(writeGraph(graph), {
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    enableProfiling: true,
    profileFilePrefix: join(folder, 'run'),
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name: input, shape }) => [
      input,
      new ort.Tensor('float32', new Float32Array(sizeOf(shape)).fill(input === 'target' ? 0 : 1), shape),
    ]),
  )
  for (let run = 0; run < 4; run++) await session.run(feeds)
  session.endProfiling()
  const events = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), 'utf8'))
  rmSync(folder, { recursive: true })
  const last = events.filter((event) => event.name === 'model_run').at(-1)
  const operators = new Map()
  for (const { cat, name: event, ts, dur, args } of events) {
    if (cat !== 'Node' || !event.endsWith('_kernel_time') || ts < last.ts) continue
    operators.set(args.op_name, (operators.get(args.op_name) ?? 0) + dur / 1000)
  }
  const parts = [...operators].sort(([, a], [, b]) => b - a).slice(0, 10)
  console.log(
    `${what}: ${(last.dur / 1000).toFixed(1)} ms; ${parts.map(([op, ms]) => `${op} ${ms.toFixed(1)}`).join(', ')}`,
  )
}
