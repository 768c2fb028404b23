import { expect, test } from 'vitest'
import { float32 } from '../src/graph/types.ts'
import { explain, loadEngine, loadModel, mainFace, openFaceFinder, toModelInput } from '../src/index.node.ts'
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

test('the pixels of a canvas are a photo, and what is none is refused in words', async () => {
  const pixels = { width: 1, height: 1, data: Uint8ClampedArray.of(7, 8, 9, 255) }
  expect(await toModelInput(pixels)).toEqual({ width: 1, height: 1, data: Uint8Array.of(7, 8, 9) })
  for (const none of [undefined, null, 'face.jpg', {}])
    await expect(toModelInput(none as never)).rejects.toThrow(
      /the photo .*is neither a picture, nor the bytes/,
    )
})

test('an unknown composite is refused with the names of those that there are', async () => {
  const model = await loadModel(new URL('../examples/adiencenet-synthetic.onnx', import.meta.url))
  const input = float32([1, 3, 80, 80])
  await expect(explain(model, input, { composite: 'epsilom' as never })).rejects.toThrow(
    /no composite 'epsilom'.*epsilon-plus/,
  )
})
