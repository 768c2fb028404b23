import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { nodeEngine } from '../../src/engine/node.ts'
import { writeGraph } from '../../src/graph/file.ts'
import { composites } from '../../src/rules/composites/presets.ts'
import { relevance } from '../../src/rules/relevance/relevance.ts'
import { patterns, pictures } from '../rules/patterns.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Loads a graph twice, runs it, and prints the result and the process's warnings. */
const SCRIPT = `
import { readFileSync } from 'node:fs'
import { nodeEngine } from './dist/engine/node.js'
import { readGraph } from './dist/graph/file.js'
import { float32 } from './dist/graph/types.js'

const warnings = []
process.on('warning', ({ message, code }) => warnings.push({ message, code }))
const { images, target } = JSON.parse(readFileSync('feeds.json', 'utf8'))
const graph = readGraph(readFileSync('graph.onnx'), 'graph.onnx')
const [engine, other] = [await nodeEngine({ threads: 1 }), await nodeEngine({ threads: 2 })]
await (await other.load(graph)).release()
const program = await engine.load(graph)
const feeds = { images: float32(images.shape, images.data), target: float32(target.shape, target.data) }
const into = float32(images.shape)
const { relevance } = await program.run(feeds, { relevance: into })
console.log(JSON.stringify({
  device: engine.device, threads: [engine.threads, other.threads], map: [...relevance.data], warnings,
}))
`

test('without onnxruntime-node, WebAssembly gives the same map, and one warning says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'regard-engine-'))
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true })
  mkdirSync(join(folder, 'node_modules'))
  for (const name of ['onnxruntime-web', '@bufbuild']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')

  const { graph } = relevance(patterns.inception!().graph, composites.paper)
  const images = pictures(1)
  const target = { type: 'float32', shape: [1, 3], data: Float32Array.of(0, 1, 0) } as const
  writeFileSync(join(folder, 'graph.onnx'), writeGraph(graph))
  const plain = Object.entries({ images, target }).map(([name, { shape, data }]) => [
    name,
    { shape, data: [...data] },
  ])
  writeFileSync(join(folder, 'feeds.json'), JSON.stringify(Object.fromEntries(plain)))
  writeFileSync(join(folder, 'script.js'), SCRIPT)
  const said = JSON.parse(execFileSync(process.execPath, ['script.js'], { cwd: folder, encoding: 'utf8' }))

  const program = await (await nodeEngine({ threads: 1 })).load(graph)
  const expected = (await program.run({ images, target })).relevance!.data as Float32Array
  await program.release()
  const largest = Math.max(...expected.map(Math.abs))
  expect(said.map.length).toBe(expected.length)
  expected.forEach((e, k) => {
    expect(Math.abs(said.map[k] - e) / largest).toBeLessThan(1e-5)
  })
  expect(said).toMatchObject({ device: 'wasm', threads: [1, 1] })
  expect(said.warnings).toHaveLength(1)
  expect(said.warnings[0].code).toBe('REGARD_WASM')
  expect(said.warnings[0].message).toContain('npm install onnxruntime-node@1.30.0 --ignore-scripts')
})
