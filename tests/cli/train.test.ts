import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { type RunRecord, readRecord } from '../../src/study/record.ts'
import { readMetrics } from '../../src/training/metrics.ts'
import { TINY_PLAN, writePlan } from '../study/tinyStudy.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()

// A study of the same network; with its settings `regard train` must give the same bits.
const { folder, plan, out } = writePlan(
  TINY_PLAN.replace('[r, i, m]', '[r, m]').replace('[age, gender]', '[gender]'),
)
const faces = `synthetic:${join(folder, 'faces')}`
const schedule = join(folder, 'schedule.yaml')
const aligned = join(folder, 'aligned')

beforeAll(async () => {
  await main(['study', plan, '--out', out])
  const [, own] = /^schedule:\n((?: {2}.*\n)+)/m.exec(TINY_PLAN)!
  writeFileSync(schedule, own!.replaceAll(/^ {2}/gm, ''))
})

/** Train as the study does, except where flags differ. */
function train(to: string, ...flags: string[]): Promise<void> {
  const asked = ['--data', faces, '--task', 'gender', '--network', 'adiencenet', '--fold', '1/3']
  const size = ['--input', '51', '--width', '0.05', '--schedule', schedule, '--aligned', aligned]
  return main(['train', ...asked, ...size, '--out', to, ...flags])
}

describe('regard train', () => {
  it.each(['r', 'm'] as const)('trains the network that a study trains: [%s]', async (setting) => {
    const [own, of] = [
      join(folder, `single-${setting}`),
      join(out, 'runs', `gender-adiencenet-${setting}-fold1`),
    ]
    await train(own, '--alignment', setting)
    expect(process.exitCode).toBe(0)
    for (const file of ['model.onnx', 'model.mean.npy']) {
      expect(readFileSync(join(own, file)).equals(readFileSync(join(of, file))), file).toBe(true)
    }
    const [single, study] = [own, of].map((run) => readRecord<RunRecord>(join(run, 'result.json')))
    expect(single!.tests).toEqual(setting === 'm' ? study!.tests : { r: study!.tests.r })
    expect(single!.pictures).toEqual(study!.pictures)
    const predictions = [own, of].map((run) => readFileSync(join(run, 'predictions.csv'), 'utf8'))
    expect(predictions[1]!.startsWith(predictions[0]!)).toBe(true)
    expect(readdirSync(own).filter((name) => name.includes('checkpoint'))).toEqual([])
  })

  it('reports the network’s progress, and the commands that it suggests work', async () => {
    const own = join(folder, 'said')
    await train(own)
    const { confusion } = readRecord<RunRecord>(join(own, 'result.json')).tests.r!
    const n = confusion.flat().reduce((sum, count) => sum + count)
    const right = ((100 * (confusion[0]![0]! + confusion[1]![1]!)) / n).toFixed(1)
    expect(captured.printed).toMatch(/^AdienceNet \[r\], gender, after 6 iterations:$/m)
    expect(captured.printed).toContain(`${right} % [`)
    expect(captured.printed).toContain(`right on ${n} faces of fold 1 of 3, by ten crops`)
    expect(captured.printed).toMatch(/^ {2}\d+\.\d % by always answering [mf]$/m)
    // After six iterations it cannot be.
    expect(captured.printed).toContain('it may be no better than that: train it for longer')

    const commands = [...captured.printed.matchAll(/^ {2}npx regard (explain|evaluate) (.*)$/gm)]
    expect(commands.map(([, name]) => name)).toEqual(['explain', 'evaluate'])
    const explained = join(folder, 'explained')
    for (const [, name, rest] of commands) {
      captured.printed = ''
      const args = rest!.split(' ')
      await main([name!, ...args, ...(name === 'explain' ? ['--out', explained] : [])])
      expect(process.exitCode).toBe(0)
      expect(captured.printed).not.toContain('Warning')
    }
    // As training itself found.
    expect(captured.printed).toContain(`${right} [`)
    expect(readdirSync(explained).some((name) => name.endsWith('.png'))).toBe(true)
  })

  it('keeps snapshots, which are also models', async () => {
    const own = join(folder, 'snapshots')
    await train(own, '--snapshot-every', '2', '--iterations', '10')
    const kept = readdirSync(join(own, 'snapshots')).filter((name) => name.endsWith('.onnx'))
    expect(kept).toEqual(['02', '04', '06', '08', '10'].map((at) => `iteration-${at}.onnx`))
    const [last, model] = [join('snapshots', kept.at(-1)!), 'model.onnx'].map((file) =>
      readFileSync(join(own, file)),
    )
    expect(last!.equals(model!)).toBe(true)
    captured.printed = ''
    await main(['evaluate', join(own, 'snapshots', kept[0]!), '--data', faces, '--fold', '1/3'])
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toMatch(/gender, ten crops of faces aligned \[r\]/)
  })

  it('resumes only if asked to, and only the same run', async () => {
    const own = join(folder, 'again')
    await train(own, '--resume')
    expect(process.exitCode).toBe(0)
    const model = readFileSync(join(own, 'model.onnx'))
    const result = captured.printed.match(/^AdienceNet.*\n.*\n.*$/m)![0]

    captured.printed = ''
    await train(own)
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toContain(
      `regard: ${own}: already holds a run, which is finished. Resume it with --resume, or choose another folder with --out\n`,
    )

    await train(own, '--resume', '--rate', '0.02', '--seed', '2')
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toMatch(
      /holds another run: schedule\.rate was 0\.01 and is now 0\.02, seed was "1" and is now "2", the photos or their labels have changed/,
    )

    process.exitCode = 0
    captured.printed = ''
    await train(own, '--resume')
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toContain(`${own} is finished: there is nothing to resume.`)
    expect(captured.printed).toContain(result)
    expect(readFileSync(join(own, 'model.onnx')).equals(model)).toBe(true)

    // Nor does it overwrite someone else's model.
    rmSync(join(own, 'config.json'))
    await train(own, '--resume')
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toContain('holds a model, which would be overwritten')
  })

  it('takes a preset, changes to it, and trained weights to start from', async () => {
    const [first, own] = [join(folder, 'first'), join(folder, 'started')]
    const short = ['--iterations', '4', '--batch', '8', '--rate', '0.002']
    await train(first, '--task', 'age', '--schedule', 'quick', ...short)
    await train(own, '--start', `imagenet:${join(first, 'model.onnx')}`, '--schedule', 'paper', ...short)
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toContain('the paper did not train adiencenet from imagenet weights')
    expect(existsSync(own)).toBe(false)

    process.exitCode = 0
    await train(own, '--start', `imagenet:${join(first, 'model.onnx')}`, '--schedule', 'quick', ...short)
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toContain('AdienceNet [r,n], gender, after 4 iterations:')
    expect(captured.printed).not.toContain('Warning')
    const { start } = readRecord<RunRecord>(join(own, 'result.json'))
    expect(start).toEqual({ taken: ['conv1', 'conv2', 'conv3', 'fc6', 'fc7'], fresh: ['fc8'] })
    expect(readMetrics(join(own, 'metrics.jsonl'))[0]).toMatchObject({ iteration: 1, rate: 0.002 / 50 })
  })

  it('warns of test faces that the start was trained on, and so does a study', async () => {
    const [first, other] = [join(folder, 'of-fold-1'), join(folder, 'of-fold-0')]
    const short = ['--schedule', 'quick', '--iterations', '2', '--batch', '8']
    await train(first, ...short)
    const start = join(first, 'model.onnx')
    // By its card, that network saw other pictures than regard trains on.
    const card = join(first, 'model.card.yaml')
    writeFileSync(card, readFileSync(card, 'utf8').replace('channels: BGR', 'channels: RGB'))
    await train(other, '--fold', '0/3', '--start', start, ...short)
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toContain(
      `Warning: ${start} saw its pictures as RGB with a scale of 1, according to`,
    )
    expect(captured.printed).toContain(
      `Warning: ${start} was trained on the photos of 41 of the 41 faces to test on:`,
    )
    const again = join(folder, 'again.yaml')
    const network = `{ name: adiencenet, start: { weights: ${start} }, `
    const text = readFileSync(plan, 'utf8').replace('{ name: adiencenet, ', network).replace('[r, m]', '[r]')
    writeFileSync(again, text.replace('test: [1]', 'test: [0, 1]'))
    captured.printed = ''
    await main(['study', again, '--out', join(folder, 'again')])
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toContain(
      `Warning: ${start} was trained on the photos of 41 of the 80 faces to test on:`,
    )
    expect(captured.printed).toContain(`Warning: ${start} saw its pictures as RGB`)
  })

  it('skips and names an unreadable photo, and ends with exit code 3', async () => {
    const broken = join(folder, 'broken')
    cpSync(join(folder, 'faces'), broken, { recursive: true })
    const photos = join(broken, 'truth', 'photos')
    const [first] = readdirSync(photos).sort()
    writeFileSync(join(photos, first!), 'no picture')
    const own = join(folder, 'skipped')
    await train(own, '--data', `synthetic:${broken}`, '--aligned', join(own, 'data'))
    expect(process.exitCode).toBe(3)
    expect(captured.printed).toMatch(/1 photo could not be used:/)
    expect(captured.printed).toContain(first!.replace('.jpg', ''))
    expect(existsSync(join(own, 'model.onnx'))).toBe(true)
  })

  it.each([
    ['a network that there is not', ['--network', 'adiencnet'], /Allowed choices are adiencenet/],
    ['a size that is too small', ['--input', '20'], /--input must be at least 51 for adiencenet, not 20/],
    ['a width above 1', ['--width', '2'], /up to 1/],
    ['half an iteration', ['--iterations', '0.5'], /whole number/],
    ['a schedule that there is not', ['--schedule', 'quik'], /no schedule 'quik'; did you mean 'quick'\?/],
    [
      'published weights that there are not',
      ['--start', 'imagenet'],
      /--start names no file, and there are no published weights of adiencenet trained on imagenet/,
    ],
    ['a fold that there is not', ['--fold', '3/3'], /K from 0 to N - 1/],
  ])('reports %s as wrong use', async (_, flags, message) => {
    const own = join(folder, 'wrong')
    await train(own, ...flags)
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).toBe(2)
    expect(existsSync(own)).toBe(false)
  })

  it.each([
    [
      'a schedule that is missing',
      ['--schedule', 'nowhere.yaml'],
      /nowhere\.yaml: there is no such schedule/,
    ],
    ['weights that are missing', ['--start', 'nowhere.onnx'], /nowhere\.onnx: there is no such weights file/],
    ['data that is missing', ['--data', 'synthetic:nowhere'], /nowhere/],
  ])('names %s', async (_, flags, message) => {
    const own = join(folder, 'wrong')
    await train(own, ...flags)
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).toBe(1)
    expect(existsSync(own)).toBe(false)
  })
})
