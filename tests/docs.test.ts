import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { nodeEngine } from '../src/engine/node.ts'
import { readOnnxFile } from '../src/formats/node.ts'
import { float32 } from '../src/graph/types.ts'
import { readPlan } from '../src/study/plan.ts'
import { type RunRecord, readRecord } from '../src/study/record.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** The blocks of a language in the documentation, with the page that each stands in. */
function blocks(language: string): { page: string; text: string }[] {
  return pages.flatMap((page) => {
    const found = readFileSync(join(root, page), 'utf8').matchAll(
      new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'),
    )
    return [...found].map(([, text]) => ({ page, text: text! }))
  })
}

// A checkout to run the commands in, as `npm ci` leaves it, so that nothing is written into this one.
const checkout = mkdtempSync(join(tmpdir(), 'regard-docs-'))
for (const name of [
  'package.json',
  '.npmrc',
  'tsconfig.json',
  'tsconfig.tsbuildinfo',
  'bin',
  'build',
  'dist',
  'docs',
  'src',
  'studio',
  'examples',
]) {
  cpSync(join(root, name), join(checkout, name), { recursive: true, preserveTimestamps: true })
}
symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'))
// As in a project that installed regard.
const commandFolder = join(checkout, 'commands')
mkdirSync(commandFolder)
symlinkSync(join(checkout, 'bin/regard.js'), join(commandFolder, 'regard'))

function run(command: string): string {
  return execFileSync('sh', ['-c', command], {
    cwd: checkout,
    env: { ...process.env, PATH: `${commandFolder}:${process.env.PATH}` },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

// These take too long for a test, or need data that is not part of regard (their own test reads their plan),
// or have run before.
const tooLong = /npm ci|npm test|npm start|aaf-adiencenet\.yaml/

describe('the documentation', () => {
  beforeAll(() => {
    // The embedded study, as `npm start` runs it: what the other commands start from.
    run('npm start')
    const drawn = join(checkout, 'out/synthetic/data')
    const [set] = readdirSync(drawn).filter((name) => name.startsWith('synthetic'))
    const photos = join(drawn, set!, 'truth/photos')
    cpSync(join(photos, readdirSync(photos)[0]!), join(checkout, 'face.jpg'))
    // The folder of the user's own photos in the tutorial.
    const faces = readFileSync(join(drawn, set!, 'truth/faces.jsonl'), 'utf8')
      .trim()
      .split('\n')
    for (const face of faces.slice(0, 160)) {
      const { id, gender }: { id: string; gender: 'f' | 'm' } = JSON.parse(face)
      const label = { f: 'women', m: 'men' }[gender]
      cpSync(join(photos, `${id}.jpg`), join(checkout, 'photos', label, `${id}.jpg`))
    }
  })

  test('npm start reads age and gender clearly better than chance, and says so', () => {
    const runs = readdirSync(join(checkout, 'out/synthetic/runs'))
    expect(runs.length).toBe(10)
    for (const name of runs) {
      const { tests } = readRecord<RunRecord>(join(checkout, 'out/synthetic/runs', name, 'result.json'))
      const { confusion } = tests[name.includes('-i-') ? 'i' : 'r']!
      const n = confusion.flat().reduce((sum, count) => sum + count)
      const right = confusion.reduce((sum, row, k) => sum + row[k]!, 0)
      const commonest = Math.max(...confusion.map((row) => row.reduce((sum, count) => sum + count)))
      // More than twice the width of the interval above always naming the commonest class.
      expect(right / n, name).toBeGreaterThan(commonest / n + 0.12)
    }
    const report = readFileSync(join(checkout, 'out/synthetic/report/index.html'), 'utf8')
    expect(report).toContain('clearly above chance')
    // One of its networks starts from weights that may have been trained on anything.
    expect(report).toContain('people that it was not trained on in this study')
    expect(report).not.toContain('it had never seen')
    expect(report).not.toMatch(/src="(?!data:)/)
  })

  // The README's run as they are, by `npx`, which takes seconds; the others run without it, and each only once.
  const commands = new Map<string, string>()
  for (const { page, text } of blocks('sh')) {
    for (const line of text.split('\n').filter((line) => line.trim() !== '')) {
      const plain = line.replaceAll('npx regard', 'regard').replace(/ +#.*/, '')
      if (!commands.has(plain)) commands.set(plain, page === 'README.md' ? line : plain)
    }
  }

  test('has commands to try', () => {
    expect(commands.size).toBeGreaterThan(5)
  })

  for (const [plain, command] of commands) {
    test.skipIf(tooLong.test(plain))(plain, () => {
      run(command)
    })
  }

  // The other pages' examples read files that do not exist here.
  const examples = blocks('ts').filter(({ page }) =>
    ['README.md', 'docs/composites.md', 'docs/explaining.md', 'docs/faces.md'].includes(page),
  )
  for (const [k, { page, text }] of examples.entries()) {
    test(`the library example of ${page} runs`, () => {
      writeFileSync(join(checkout, `example${k}.mjs`), text)
      run(`node example${k}.mjs`)
    })
  }

  test('the first example writes a model that any ONNX Runtime runs', async () => {
    const program = await (await nodeEngine()).load(await readOnnxFile(join(checkout, 'explained.onnx')))
    const [input] = program.inputs
    const shape = [1, ...(input!.shape.slice(1) as number[])]
    const { relevance } = await program.run({ images: float32(shape) })
    expect(relevance!.shape).toEqual(shape)
  })

  test('nothing that the commands wrote reveals a folder or a user name', () => {
    const { username } = userInfo()
    const written = readdirSync(join(checkout, 'out'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    expect(written.length).toBeGreaterThan(100)
    const says = (path: string) => {
      const bytes = readFileSync(path)
      return [checkout, `/${username}/`].some((each) => bytes.includes(each))
    }
    expect(written.filter(says)).toEqual([])
  })

  test('every plan in examples/ is a plan', () => {
    for (const name of readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.yaml')))
      expect(() => readPlan(join(root, 'examples', name))).not.toThrow()
  })
})
