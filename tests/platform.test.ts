import { expect, test } from 'vitest'
import { loadEngine, loadModel, mainFace, openFaceFinder } from '../src/index.node.ts'
import { readPhoto } from '../src/pictures/node.ts'
import { shared } from './shared.ts'

test.skipIf(!shared)('in Node the face finder finds its networks by itself', async () => {
  const photo = await readPhoto(`${shared}/data/photos/astronaut.png`)
  const finder = await openFaceFinder({ engine: await loadEngine({ threads: 1 }) })
  const face = mainFace(await finder.find(photo), photo)
  expect(face!.box.left + face!.box.width / 2).toBeGreaterThan(150)
  await finder.release()
})

test('a caller may name the folder they are in', async () => {
  const models = new URL('../node_modules/@vladmandic/human/models/', import.meta.url)
  const finder = await openFaceFinder({ models })
  const plain = { width: 64, height: 64, data: new Uint8Array(3 * 64 * 64).fill(128) }
  expect(await finder.find(plain)).toEqual([])
  await finder.release()
})

test('a path is not a URL: the error names the function that takes paths', async () => {
  await expect(loadModel('model.onnx')).rejects.toThrow(/model\.onnx: is not a URL.*openModelFile/)
})
