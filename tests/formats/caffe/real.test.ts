import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeEngine } from '../../../src/engine/node.ts'
import { findPrototxt, readCaffe, readMean } from '../../../src/formats/caffe/read.ts'
import { readNpy } from '../../../src/formats/npy.ts'
import { verify } from '../../../src/graph/verify.ts'
import { adienceNet } from '../../../src/networks/adiencenet.ts'
import { Random } from '../../../src/base/random.ts'
import { shared } from '../../shared.ts'
import { caffemodel, madeUp } from './caffemodel.ts'

const folder = shared && join(shared, 'models/caffe')
const npy = (name: string) => readNpy(readFileSync(join(shared!, name)), name)

test.skipIf(!shared)('GoogLeNet answers as it does in OpenCV', async () => {
  const path = join(folder!, 'bvlc_googlenet.caffemodel')
  const graph = readCaffe(findPrototxt(path), path)
  expect(graph.inputs).toEqual([{ name: 'data', type: 'float32', shape: ['batch', 3, 224, 224] }])
  expect(graph.outputs).toEqual([{ name: 'prob', type: 'float32', shape: ['batch', 1000] }])
  const program = await nodeEngine().load(graph)
  const { prob } = await program.run({ data: npy('reference/googlenet/input.npy') })
  const expected = npy('reference/googlenet/prob.npy')
  const difference = Math.max(
    ...Array.from(prob!.data as Float32Array, (p, k) => Math.abs(p - (expected.data as Float32Array)[k]!)),
  )
  expect(difference).toBeLessThan(1e-5)
  await program.release()
})
