import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { float32 } from '../../src/graph/types.ts'
import { writeModel } from '../../src/models/node.ts'
import { writePicture } from '../../src/pictures/node.ts'
import { livelyNetwork } from '../networks/lively.ts'

// The program as a user runs it, in a process of its own, so that Ctrl-C is a real one. `npm test` builds it first.
const program = fileURLToPath(new URL('../../bin/regard.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'regard-stopping-'))
const SIZE = 99
const PHOTOS = 200

beforeAll(async () => {
  const random = new Random('photos')
  const data = Uint8Array.from({ length: 3 * SIZE ** 2 }, () => random.integer(256))
  const photo = { width: SIZE, height: SIZE, data }
  for (let k = 0; k < PHOTOS; k++) await writePicture(join(folder, `photo${k}.png`), photo)
  writeModel(join(folder, 'model.onnx'), livelyNetwork(SIZE, 2), {
    classes: ['m', 'f'],
    input: { channels: 'BGR', scale: 1 },
    meanPicture: float32([3], [120, 120, 120]),
  })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Run a command, and send it a signal when it has printed its first line. */
function stoppedAtFirstLine(args: readonly string[], signal: NodeJS.Signals) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [printed, said] = ['', '']
  child.stdout.on('data', (text) => {
    if (!printed) child.kill(signal)
    printed += text
  })
  child.stderr.on('data', (text) => {
    said += text
  })
  return new Promise<{ code: number | null; printed: string; said: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, printed, said })),
  )
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'explain stops in order on %s: each photo has all of its files or none',
  async (signal) => {
    const photos = Array.from({ length: PHOTOS }, (_, k) => `photo${k}.png`)
    const args = ['explain', 'model.onnx', ...photos, '--method', 'smoothgrad', '--out', signal]
    const { code, printed, said } = await stoppedAtFirstLine(args, signal)
    expect(code).toBe(130)
    expect(said).toContain('Stopping; once more to stop at once.')
    expect(said).not.toContain('Error')
    const explained = printed.trim().split('\n').length
    expect(explained).toBeLessThan(PHOTOS)
    const files = readdirSync(join(folder, signal))
    expect(files.length).toBe(4 * explained)
    for (let k = 0; k < explained; k++) {
      for (const ending of ['png', 'map.png', 'relevance.npy', 'json']) {
        expect(files).toContain(`photo${k}.${ending}`)
      }
      JSON.parse(readFileSync(join(folder, signal, `photo${k}.json`), 'utf8'))
    }
  },
)
