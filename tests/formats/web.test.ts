import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadModel } from '../../src/index.node.ts'

const model = readFileSync(new URL('../../examples/adiencenet-synthetic.onnx', import.meta.url))

let server: Server
/** What it has been asked for. */
let asked: string[] = []
beforeAll(async () => {
  server = createServer(({ url }, response) => {
    asked.push(url!)
    if (url === '/broken.onnx') {
      response.writeHead(200, { 'Content-Length': model.length }).write(model.subarray(0, 1000))
      // The connection breaks once the client has the beginning.
      setTimeout(() => response.destroy(), 50)
    } else if (/\.onnx(\?|$)/.test(url!)) response.end(model)
    else if (url === '/with%20space.card.yaml') response.end('input: { channels: BGR, scale: 1, mean: 7 }\n')
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

const at = (name: string) => new URL(name, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)

test('a model and its card are found by an address with escaped signs', async () => {
  const { preprocessing } = await loadModel(at('with space.onnx'))
  expect(preprocessing).toMatchObject({ channels: 'BGR', mean: [7, 7, 7] })
})

test('a % that begins no escape is a part of the name', async () => {
  asked = []
  await loadModel(at('100%.onnx?key=1'))
  expect(asked).toContain('/100%.onnx?key=1')
})

test('a connection that breaks within a file is an error that says so', async () => {
  await expect(loadModel(at('broken.onnx'))).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(/broken\.onnx: cannot be downloaded \(.+\)\. Check the address/),
  })
})
