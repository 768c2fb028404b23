import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { readPlan } from '../../src/study/plan.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()
const root = fileURLToPath(new URL('../..', import.meta.url))
const program = join(root, 'bin', 'regard.js')
const sharedData = join(root, '..', 'shared', 'data')
const hasShared = existsSync(join(sharedData, 'utkface'))
const hasTerminal = existsSync('/usr/bin/script')
if (!hasTerminal) console.warn('skipped: questions need a terminal, which `script` makes')

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'regard-init-'))
}

describe('regard init', () => {
  it('writes a plan for drawn faces if there are no photos', async () => {
    const plan = join(folder(), 'plan.yaml')
    await main(['init', '--out', plan, '--yes'])
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toContain(`npx regard study ${plan}`)
    expect(readPlan(plan)).toMatchObject({ name: 'drawn-faces', tasks: ['age', 'gender'] })
  })

  it.skipIf(!hasShared)('detects the kind of a data set, and what it can train', async () => {
    const out = folder()
    for (const kind of ['aaf', 'fairface', 'utkface']) {
      const plan = join(out, `${kind}.yaml`)
      await main(['init', join(sharedData, kind), '--out', plan, '--yes'])
      expect(readPlan(plan).dataset).toMatchObject({ kind, root: join(sharedData, kind) })
    }
    // FairFace gives ages in decades, not years.
    expect(readPlan(join(out, 'fairface.yaml')).tasks).not.toContain('years')
    expect(readPlan(join(out, 'utkface.yaml')).tasks).toContain('years')
  })

  it.skipIf(!hasShared)('leaves out a task that the photos cannot train', async () => {
    const photos = join(folder(), 'Röntgen & family')
    const faces = execFileSync('ls', [join(sharedData, 'utkface')], { encoding: 'utf8' }).split('\n')
    for (const [label, name] of ['m', 'f'].entries()) {
      mkdirSync(join(photos, name), { recursive: true })
      const own = faces.filter((face) => new RegExp(`^\\d+_${label}_`).test(face)).slice(0, 20)
      expect(own).toHaveLength(20)
      for (const face of own) cpSync(join(sharedData, 'utkface', face), join(photos, name, face))
    }
    const plan = join(photos, '..', 'plan.yaml')
    await main(['init', photos, '--out', plan, '--yes'])
    expect(readPlan(plan)).toMatchObject({ name: 'R-ntgen-family', tasks: ['gender'] })
    // Thirty photos, a thousand times each, would be learnt by heart.
    expect(readPlan(plan).networks[0]!.iterations).toBe(200)
    await main(['study', 'plan', plan, '--no-measure'])
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toContain('40 faces, 40 with a label for gender')
  })

  it('says what a folder lacks to be a data set of each kind', async () => {
    const photos = folder()
    await main(['init', photos, '--out', join(photos, 'plan.yaml')])
    expect(process.exitCode).toBe(1)
    expect(captured.printed).toContain('is not a data set that regard reads')
    expect(captured.printed).toMatch(
      /What each kind lacks here:\n {2}folder: .*\n {2}aaf: labels\.csv is missing\n/,
    )
    expect(existsSync(join(photos, 'plan.yaml'))).toBe(false)
  })

  it('does not overwrite a plan', async () => {
    const plan = join(folder(), 'plan.yaml')
    writeFileSync(plan, 'mine')
    await main(['init', '--out', plan])
    expect(process.exitCode).toBe(2)
    expect(captured.printed).toContain('already exists')
    expect(readFileSync(plan, 'utf8')).toBe('mine')
  })

  it.skipIf(!hasTerminal)('asks question by question at a terminal', async () => {
    const out = folder()
    // Drawn faces; both tasks; the second network.
    const said = await atTerminal(out, [
      ['Where are your photos', '\r'],
      ['What should the networks read', '\r'],
      ['Which network', '\u001b[B'],
      ['● AdienceNet as published', '\r'],
    ])
    expect(said).toContain('npx regard study plan.yaml')
    const plan = readPlan(join(out, 'plan.yaml'))
    expect(plan.tasks).toEqual(['age', 'gender'])
    expect(plan.networks).toMatchObject([{ name: 'adiencenet', input: 227, width: 1 }])

    rmSync(join(out, 'plan.yaml'))
    expect(await atTerminal(out, [['Where are your photos', '\u0003']])).toContain('Nothing was written')
    expect(existsSync(join(out, 'plan.yaml'))).toBe(false)
  })
})

/** Answer each question when it comes. */
async function atTerminal(cwd: string, answers: readonly (readonly [asked: string, typed: string])[]) {
  const command = `stty cols 120 rows 40; ${process.execPath} ${program} init`
  const child = spawn('/usr/bin/script', ['-qec', command, '/dev/null'], { cwd })
  const waiting = [...answers]
  let said = ''
  child.stdout.on('data', (bytes) => {
    said += stripVTControlCharacters(String(bytes))
    while (waiting[0] && said.includes(waiting[0][0])) child.stdin.write(waiting.shift()![1])
  })
  await new Promise((resolve) => child.on('close', resolve))
  expect(waiting).toEqual([])
  return said
}
