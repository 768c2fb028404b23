import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { writeAtomic } from '../../../src/base/files.ts'
import { shared } from '../../shared.ts'
import { caffemodel, madeUp } from './caffemodel.ts'

const compiled = fileURLToPath(new URL('../../../dist/formats/node.js', import.meta.url))

// In its own process, where nothing else takes memory.
const script = `
  const { readModelFile } = await import(process.argv[1])
  const before = process.memoryUsage().rss
  const start = performance.now()
  const graph = await readModelFile(process.argv[3], { prototxt: process.argv[2] })
  const seconds = (performance.now() - start) / 1000
  const weights = [...graph.initializers.keys()].filter((name) => /\\.(weight|bias)$/.test(name))
  const peak = process.resourceUsage().maxRSS * 1024
  console.log(JSON.stringify({ taken: peak - before, seconds, weights: weights.length }))
`

test.skipIf(!shared)('reading VGG-16 takes little more memory than the size of its file', () => {
  const prototxt = join(shared!, 'models/caffe/vgg16_age_deploy.prototxt')
  const folder = mkdtempSync(join(tmpdir(), 'regard-caffe-'))
  const path = join(folder, 'vgg16.caffemodel')
  writeAtomic(path, ...caffemodel(madeUp(readFileSync(prototxt, 'utf8'))))
  const size = statSync(path).size
  expect(size).toBeGreaterThan(500e6)
  const output = execFileSync(
    process.execPath,
    ['--input-type=module', '-e', script, compiled, prototxt, path],
    {
      encoding: 'utf8',
    },
  )
  const { taken, seconds, weights } = JSON.parse(output)
  console.log(
    `${(size / 1e6).toFixed(0)} MB: ${(taken / size).toFixed(2)} times that, ${seconds.toFixed(1)} s`,
  )
  expect(weights).toBe(32)
  expect(taken / size).toBeLessThan(1.5)
  rmSync(folder, { recursive: true })
})
