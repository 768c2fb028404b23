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

/**
 * Run a command, and send it a signal.
 *
 * @param when called with its standard output and standard error so far, whenever either grows
 */
function stopped(
  args: readonly string[],
  signal: NodeJS.Signals,
  when: (printed: string, said: string) => boolean,
  preload?: string,
) {
  const flags = preload === undefined ? [] : ['--import', preload]
  const child = spawn(process.execPath, [...flags, program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [printed, said] = ['', '']
  let sent = false
  const look = () => {
    if (sent || !when(printed, said)) return
    sent = true
    child.kill(signal)
  }
  child.stdout.on('data', (text) => {
    printed += text
    look()
  })
  child.stderr.on('data', (text) => {
    said += text
    look()
  })
  return new Promise<{ code: number | null; printed: string; said: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, printed, said })),
  )
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'explain stops cleanly on %s: each photo has all of its files or none',
  async (signal, expected) => {
    const photos = Array.from({ length: PHOTOS }, (_, k) => `photo${k}.png`)
    const args = ['explain', 'model.onnx', ...photos, '--method', 'smoothgrad', '--out', signal]
    const { code, printed, said } = await stopped(args, signal, (printed) => printed !== '')
    expect(code).toBe(expected)
    expect(said).toContain('Stopping; interrupt again to stop at once.')
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

test('a program that is stopped before it starts prints one word', async () => {
  // As soon as it hears signals; its commands are loaded only then.
  const early = `data:text/javascript,${encodeURIComponent(
    `const on = process.on.bind(process)
process.on = (name, ...rest) => {
  on(name, ...rest)
  if (name === 'SIGHUP') process.kill(process.pid, 'SIGINT')
}`,
  )}`
  const { code, printed, said } = await stopped(['networks'], 'SIGINT', () => false, early)
  expect([code, printed, said]).toEqual([130, '', '\nStopped.\n'])
})

test('finding faces ends without a crash if stopped while its threads load or work', async () => {
  const photos = Array.from({ length: PHOTOS }, (_, k) => `photo${k}.png`)
  for (const times of [1, 2]) {
    const args = ['faces', ...photos, '--out', `faces${times}`]
    const { code, said } = await stopped(args, 'SIGINT', (_, said) => said.includes('Finding faces'))
    expect(said).toContain('Stopping; interrupt again to stop at once.')
    expect(said).not.toMatch(/terminate called|Error/)
    expect(code).toBe(130)
  }
})

test('closing the terminal does not stop a program without one, as with nohup', async () => {
  const args = ['explain', 'model.onnx', 'photo0.png', 'photo1.png', 'photo2.png', '--out', 'nohup']
  const { code, printed } = await stopped(args, 'SIGHUP', (printed) => printed !== '')
  expect(code).toBe(0)
  expect(printed).toContain('photo2.png')
})
