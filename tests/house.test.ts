import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

// The order of the rooms: each may import from itself and from those before it.
const ROOMS = [
  'base',
  'graph',
  'rules',
  'pictures',
  'formats',
  'engine',
  'networks',
  'faces',
  'statistics',
  'explanation',
  'models',
  'datasets',
  'training',
  'evaluation',
  'study',
  'report',
  'server',
  'cli',
]

// Everything that a page may load besides regard's own code.
const PAGE_PACKAGES = ['@bufbuild/protobuf', 'h5wasm', 'onnxruntime-common', 'onnxruntime-web', 'yaml', 'zod']

const root = fileURLToPath(new URL('..', import.meta.url))
const src = join(root, 'src')
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(src, name))

/** What a file imports, now or when first used, types included. */
function importsOf(file: string): string[] {
  return ts
    .preProcessFile(readFileSync(file, 'utf8'), true, true)
    .importedFiles.map(({ fileName }) => fileName)
}

function roomOf(file: string): string {
  const [room, ...rest] = relative(src, file).split(sep)
  return rest.length > 0 ? room! : 'index'
}

/** The files that are compiled without Node's types, as their own configuration lists them. */
function pureFiles(): string[] {
  const path = join(root, 'tsconfig.pure.json')
  const { config } = ts.readConfigFile(path, ts.sys.readFile)
  return ts.parseJsonConfigFileContent(config, ts.sys, root).fileNames.map((name) => join(name))
}

/** Everything that some files import, directly or not, with a path that leads there. */
function reachedFrom(starts: readonly string[]): Map<string, string> {
  const ways = new Map(starts.map((file) => [file, relative(src, file)]))
  for (const [file, way] of ways) {
    if (!existsSync(file)) continue
    for (const name of importsOf(file)) {
      const target = name.startsWith('.') ? join(file, '..', name) : name
      if (!ways.has(target))
        ways.set(target, `${way} > ${name.startsWith('.') ? relative(src, target) : name}`)
    }
  }
  return ways
}

describe('the house', () => {
  test('has exactly the rooms that its order names', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => room !== 'index').sort()).toEqual(
      [...ROOMS].sort(),
    )
  })

  test('a room imports only from the rooms above it', () => {
    const wrong = files
      .filter((file) => roomOf(file) !== 'index')
      .flatMap((file) =>
        importsOf(file)
          .filter((name) => name.startsWith('.'))
          .map((name) => roomOf(join(file, '..', name)))
          .filter((room) => ROOMS.indexOf(room) > ROOMS.indexOf(roomOf(file)) || room === 'index')
          .map((room) => `${relative(src, file)} imports from ${room}`),
      )
    expect(wrong).toEqual([])
  })

  test('what a page may use never imports anything of Node, directly or not', () => {
    const pure = pureFiles().filter((file) => basename(file) !== 'web.ts')
    expect(pure.length).toBeGreaterThan(100)
    const wrong = [...reachedFrom(pure)].filter(
      ([target]) => !existsSync(target) && !PAGE_PACKAGES.some((name) => `${target}/`.startsWith(`${name}/`)),
    )
    expect(wrong.map(([, way]) => way)).toEqual([])
  })

  test('the report needs only a study’s files: it never imports plans, published weights or what fetches them', () => {
    const others = ['study/plan.ts', 'study/pretrained.ts', 'networks/zoo.ts', 'base/download.ts']
    const ways = reachedFrom(files.filter((file) => roomOf(file) === 'report'))
    expect(others.filter((name) => !existsSync(join(src, name)))).toEqual([])
    expect(others.flatMap((name) => ways.get(join(src, name)) ?? [])).toEqual([])
  })

  test('what its scripts take from it is there', () => {
    const scripts = ['bench', 'docs', 'fuzz'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.js'))
        .map((name) => join(root, folder, name)),
    )
    const taken = scripts.flatMap((script) =>
      [...readFileSync(script, 'utf8').matchAll(/import \{([^}]*)\} from '([./]+\/dist\/[^']*)'/g)].flatMap(
        ([, names, from]) => {
          const file = join(script, '..', from!).replace(`${join(root, 'dist')}${sep}`, `${src}${sep}`)
          const path = file.replace(/\.js$/, '.ts')
          const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
          return names!
            .split(',')
            .map((name) => name.trim().split(' as ')[0]!)
            .filter((name) => name !== '')
            .map((name) => ({ name, script: relative(root, script), path, text }))
        },
      ),
    )
    expect(taken.length).toBeGreaterThan(20)
    const isThere = ({ name, text }: (typeof taken)[number]) =>
      new RegExp(
        `export (async )?(function\\*?|const|class) ${name}\\b|export \\{[^}]*\\b${name}\\b|export \\*`,
      ).test(text)
    expect(taken.filter((one) => !isThere(one)).map(({ name, script }) => `${script}: ${name}`)).toEqual([])
  })

  test('is drawn correctly in docs/architecture.md', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
    const drawn = [...page.matchAll(/^\| `(\w+)\/` *\|[^|]*\|[^|]*\|([^|]*)\|$/gm)].map(
      ([, room, from]) => [room, from!.trim()] as const,
    )
    const real = ROOMS.map((room) => {
      const imported = files
        .filter((file) => roomOf(file) === room)
        .flatMap((file) =>
          importsOf(file)
            .filter((name) => name.startsWith('.'))
            .map((name) => roomOf(join(file, '..', name))),
        )
      return [room, ROOMS.filter((other) => other !== room && imported.includes(other)).join(', ')] as const
    })
    expect(drawn).toEqual(real)
    const picture = execFileSync('node', [join(root, 'docs/make-rooms.js')], { encoding: 'utf8' })
    expect(readFileSync(join(root, 'docs/pictures/rooms.svg'), 'utf8')).toBe(picture)
  })
})
