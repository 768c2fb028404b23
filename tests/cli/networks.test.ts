import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sha256Of } from '../../src/base/hash.ts'
import { main } from '../../src/cli/main.ts'
import { answersOf } from '../../src/models/model.ts'
import { builtInPath, openBuiltIn } from '../../src/models/node.ts'
import { type BuiltInName, builtIn } from '../../src/networks/builtIn/index.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()
const names = Object.keys(builtIn) as BuiltInName[]
const before = process.env.REGARD_CACHE
beforeEach(() => {
  process.env.REGARD_CACHE = mkdtempSync(join(tmpdir(), 'regard-cache-'))
})
afterEach(() => {
  if (before === undefined) delete process.env.REGARD_CACHE
  else process.env.REGARD_CACHE = before
})

it('lists every built-in network with its figures, licence and caveats', async () => {
  await main(['networks'])
  expect(captured.printed).toMatch(/faceres \(default\) +age, gender +\d+\.\d +\d\d\.\d +yes/)
  for (const name of names) {
    const { source, licence, trainedOn, limits } = builtIn[name]
    for (const text of [source, licence, trainedOn, ...limits]) expect(captured.printed).toContain(text)
  }
})

it('the bundled one is the network that its card was measured with, and answers age and gender', async () => {
  const folder = dirname(builtInPath('faceres'))
  for (const [file, sum] of Object.entries(builtIn.faceres.files))
    expect(sha256Of(readFileSync(join(folder, basename(file))))).toBe(sum)
  const answers = answersOf(await openBuiltIn('faceres'))
  expect(answers.map(({ task, logits, kind }) => [task, logits, kind])).toEqual([
    ['years', 100, 'softmax'],
    ['gender', 1, 'sigmoid'],
  ])
})

it('adds nothing that is already here, and refuses other names', async () => {
  await main(['networks', 'add', 'faceres'])
  expect(captured.printed).toContain(`faceres is here: ${builtInPath('faceres')}\n`)
  await main(['networks', 'add', 'faceres-dep'])
  expect(captured.printed).toContain("there is no built-in network 'faceres-dep'. Did you mean faceres-deep?")
  expect(process.exitCode).toBe(2)
})
