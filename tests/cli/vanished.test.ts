import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { float32 } from '../../src/graph/types.ts'
import { writeModel } from '../../src/models/node.ts'
import { writePicture } from '../../src/pictures/node.ts'
import { drawnFace } from '../datasets/synthetic/drawing.ts'
import { livelyNetwork } from '../networks/lively.ts'
import { TINY_PLAN } from '../study/tinyStudy.ts'
import { capturePrinted } from './capture.ts'

// Photos that exist when a command lists them and are gone when it reads them: a drive is pulled, a folder is
// tidied up meanwhile.

const captured = capturePrinted()
const folder = mkdtempSync(join(tmpdir(), 'regard-vanished-'))
const model = join(folder, 'model.onnx')
const names = ['a.png', 'b.png', 'c.png']
let face: Awaited<ReturnType<typeof drawnFace>>['face']
let photos: string
let out: string

beforeAll(async () => {
  ;({ face } = await drawnFace())
  writeModel(model, livelyNetwork(99, 2), {
    classes: ['m', 'f'],
    input: { channels: 'BGR', scale: 1 },
    meanPicture: float32([3], [120, 120, 120]),
  })
})
beforeEach(async () => {
  const own = mkdtempSync(join(folder, 'test-'))
  photos = join(own, 'photos')
  out = join(own, 'out')
  for (const name of names) await writePicture(join(photos, name), face)
})

/** Start a command, which lists its files as soon as it is loaded, and then remove one of them. */
async function losing(lost: string, ...args: string[]): Promise<void> {
  await main([args[0]!, '--help'])
  const ended = main(args)
  await new Promise(setImmediate)
  rmSync(lost)
  await ended
}

/** Remove a file as soon as another one appears. */
function loseWhen(there: string, lost: string): void {
  if (existsSync(there)) rmSync(lost)
  else setImmediate(loseWhen, there, lost)
}

describe('a photo that is gone when it is read is named, and the others are done:', () => {
  it('predict', async () => {
    await losing(join(photos, 'b.png'), 'predict', photos, '--model', model, '--csv', join(out, 'all.csv'))
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toMatch(/1 photo could not be used:\n {2}\S*b\.png: there is no such file/)
    const rows = readFileSync(join(out, 'all.csv'), 'utf8')
    expect(names.filter((name) => rows.includes(name))).toEqual(['a.png', 'c.png'])
  })

  it('predict, for photos that it draws faces on', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => rmSync(join(photos, 'b.png'), { force: true }))
    await main(['predict', photos, '--draw', out])
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toMatch(/1 photo could not be used:\n {2}\S*b\.png: there is no such file/)
    expect(readdirSync(out)).toEqual(['a.png', 'c.png'])
  })

  it('explain', async () => {
    await losing(join(photos, 'b.png'), 'explain', model, photos, '--out', out)
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toMatch(/skipped: \S*b\.png: there is no such file/)
    expect(readdirSync(out).filter((name) => name.endsWith('.json'))).toEqual(['a.json', 'c.json'])
  })

  it('explain, for photos that it draws maps into', async () => {
    loseWhen(join(out, 'b.years.png'), join(photos, 'b.png'))
    await main(['explain', photos, '--out', out])
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toMatch(
      /skipped: \S*b\.png: there is no such file\. Check the path\. Its maps were not drawn into it/,
    )
    const drawn = readdirSync(out).filter((name) => name.endsWith('.photo.png'))
    expect(drawn.length).toBeGreaterThan(0)
    expect(drawn.filter((name) => name.startsWith('b'))).toEqual([])
    expect(readdirSync(out).filter((name) => name.endsWith('.json'))).toHaveLength(6)
  })

  it('dataset check and study; a study whose photos change meanwhile never mixes old and new', async () => {
    const faces = join(out, 'faces')
    await main(['dataset', 'synthesize', faces, '--count', '60', '--seed', '5'])
    const all = readdirSync(faces, { recursive: true })
      .map(String)
      .filter((name) => /landmark_aligned|coarse_tilt|\.(jpg|png)$/.test(name))
      .sort()
    const at = (index: number) => all.at(index)!
    const check = ['dataset', 'check', `synthetic:${faces}`, '--no-finder', '--out', join(out, 'check')]
    await losing(join(faces, at(-1)), ...check)
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toMatch(/1 photo could not be used:\n.*there is no such file/)

    const plan = join(out, 'plan.yaml')
    writeFileSync(
      plan,
      TINY_PLAN.replace('root: faces', `root: ${faces}`)
        .replace('count: 120', 'count: 60')
        .replace('[age, gender]', '[gender]')
        .replace('[r, i, m]', '[r]'),
    )
    const study = async () => {
      process.exitCode = 0
      captured.printed = ''
      await main(['study', plan, '--out', join(out, 'study')])
      return process.exitCode
    }
    // After the study has seen its photos, and before its run does.
    loseWhen(join(out, 'study', 'study.json'), join(faces, at(-2)))
    expect(await study()).toBe(1)
    expect(captured.printed).toMatch(
      /gender-adiencenet-r-fold1: the photos, their labels or the weights .* run the study again if they have changed/,
    )
    expect(await study(), captured.printed).toBe(3)
    expect(captured.printed).toMatch(/2 photos could not be used:\n.*there is no such file/)
    expect(captured.printed).toContain('1 run completed')
  })
})
