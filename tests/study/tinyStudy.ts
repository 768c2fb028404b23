import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FACES = 'dataset: { kind: synthetic, count: 120, seed: 5, root: faces }'

/** A plan that takes seconds: few drawn faces, a sliver of AdienceNet, a handful of iterations. */
export const TINY_PLAN = `name: tiny
${FACES}
tasks: [age, gender]
networks: [{ name: adiencenet, input: 51, width: 0.05 }]
preprocessing: [r, i, m]
folds: { count: 3, test: [1] }
schedule:
  rate: 0.01
  gamma: 0.1
  steps: [4]
  batch: 8
  iterations: 6
  validateEvery: 3
  checkpointEvery: 3
seed: 1
explain: { photos: 2 }
`

/**
 * The same with more iterations and channels, so that answers differ from face to face.
 *
 * @param photos the preprocessings
 */
export function learnedPlan(photos: string): string {
  return TINY_PLAN.replace('[r, i, m]', photos)
    .replace('width: 0.05', 'width: 0.2')
    .replace('steps: [4]', 'steps: []')
    .replace('iterations: 6', 'iterations: 90')
    .replace('validateEvery: 3', 'validateEvery: 90')
    .replace('checkpointEvery: 3', 'checkpointEvery: 90')
}

/** Write a plan into a new temporary folder, with the faces of TINY_PLAN if it trains on these. */
export function writePlan(text: string = TINY_PLAN): { folder: string; plan: string; out: string } {
  const folder = mkdtempSync(join(tmpdir(), 'regard-study-'))
  const plan = join(folder, 'plan.yaml')
  writeFileSync(plan, text)
  if (text.includes(FACES)) cpSync(drawnFaces(), join(folder, 'faces'), { recursive: true })
  return { folder, plan, out: join(folder, 'out') }
}

/** The folder with the faces of TINY_PLAN, for all tests: drawing them takes as long as training on them. */
function drawnFaces(): string {
  const drawn = join(tmpdir(), 'drawn-faces')
  if (existsSync(drawn)) return drawn
  const folder = mkdtempSync(join(tmpdir(), 'regard-drawing-'))
  const program = fileURLToPath(new URL('../../bin/regard.js', import.meta.url))
  const args = ['dataset', 'synthesize', folder, '--count', '120', '--seed', '5']
  execFileSync(process.execPath, [program, ...args], { stdio: 'ignore' })
  try {
    renameSync(folder, drawn)
  } catch (error) {
    // A parallel test was faster.
    if (!existsSync(drawn)) throw error
  }
  return drawn
}
