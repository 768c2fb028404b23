import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ExplainedFace, ExplainedStore, THUMBNAIL } from '../../src/evaluation/explainedFaces.ts'

const SIZE = 6
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regard-explained-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const line = (face: string) => ({ face, answer: 0 }) as ExplainedFace
const pictured = (value: number) => ({
  map: new Float32Array(SIZE).fill(value),
  picture: new Uint8Array(3 * THUMBNAIL ** 2).fill(value),
})

function filled(count: number): void {
  const store = new ExplainedStore(folder, SIZE)
  for (let k = 0; k < count; k++) store.add(line(`face${k}`), pictured(k))
  store.add({ face: 'broken', reason: 'is no picture' })
  store.close()
}

function readAll(ids: string[]) {
  const store = new ExplainedStore(folder, SIZE)
  const read = store.read(ids)
  store.close()
  return read
}

describe('explained faces', () => {
  it('are ready for the next command, in the order it asks for, and so are the skipped ones', () => {
    filled(20)
    const { faces, maps, pictures, skipped } = readAll(['face19', 'broken', 'face3', 'new'])
    expect(faces.map(({ face }) => face)).toEqual(['face19', 'face3'])
    expect(maps.map((map) => [...map])).toEqual([19, 3].map((value) => new Array(SIZE).fill(value)))
    expect(pictures.map((picture) => picture[0])).toEqual([19, 3])
    expect(skipped).toEqual([{ face: 'broken', reason: 'is no picture' }])
  })

  it.each([
    ['a line', (path: string) => appendFileSync(join(path, 'faces.jsonl'), '{"face":"cut')],
    ['a map', (path: string) => truncateSync(join(path, 'maps.f32'), 4 * SIZE * 4 + 7)],
    ['a picture', (path: string) => truncateSync(join(path, 'pictures.rgb'), 3 * THUMBNAIL ** 2 * 4 + 1)],
  ])('lose only the last ones if %s was cut short, and continue from there', (what, cut) => {
    filled(5)
    cut(folder)
    const kept = what === 'a line' ? 5 : 4
    const store = new ExplainedStore(folder, SIZE)
    expect(store.known.has(`face${kept - 1}`)).toBe(true)
    expect(store.known.has('face5')).toBe(false)
    for (let k = kept; k < 7; k++) store.add(line(`face${k}`), pictured(k))
    store.close()
    const { maps } = readAll(Array.from({ length: 7 }, (_, k) => `face${k}`))
    expect(maps.map((map) => map[0])).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(statSync(join(folder, 'maps.f32')).size).toBe(7 * 4 * SIZE)
    expect(readFileSync(join(folder, 'faces.jsonl'), 'utf8')).not.toContain('cut')
  })

  it('keep to their maps after a write that failed halfway', () => {
    filled(3)
    const store = new ExplainedStore(folder, SIZE)
    const pictures = join(folder, 'pictures.rgb')
    const before = readFileSync(pictures)
    rmSync(pictures)
    mkdirSync(pictures)
    for (let k = 3; k < 15; k++) store.add(line(`face${k}`), pictured(k))
    expect(() => store.read(['face3'])).toThrow()
    // Now there is room, and the command ends.
    rmdirSync(pictures)
    writeFileSync(pictures, before)
    store.close()
    const again = new ExplainedStore(folder, SIZE)
    expect(again.known.has('face2')).toBe(true)
    for (let k = 20; k < 24; k++) again.add(line(`face${k}`), pictured(k))
    again.close()
    const { maps, pictures: shown } = readAll(['face2', 'face20', 'face23'])
    expect(maps.map((map) => map[0])).toEqual([2, 20, 23])
    expect(shown.map((picture) => picture[0])).toEqual([2, 20, 23])
  })

  it('grow by one process at a time', () => {
    const store = new ExplainedStore(folder, SIZE)
    expect(() => new ExplainedStore(folder, SIZE)).toThrow(/explanation of these faces/)
    store.close()
  })
})
