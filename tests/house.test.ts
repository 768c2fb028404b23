import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
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
  'cli',
]
// Rooms that must also run in a browser: nothing of Node, no native module.
const BROWSER_SAFE = ['graph', 'rules', 'networks', 'faces', 'explanation']

const src = fileURLToPath(new URL('../src', import.meta.url))
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && name.includes(sep))
  .map((name) => join(src, name))

function importsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)].map(([, name]) => name!)
}

function roomOf(file: string): string {
  return relative(src, file).split(sep)[0]!
}

describe('the house', () => {
  test('has the rooms that its order names, and no others', () => {
    expect([...new Set(files.map(roomOf))].sort()).toEqual([...ROOMS].sort())
  })

  test('a room imports only from the rooms above it', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith('.'))
        .map((name) => roomOf(join(file, '..', name)))
        .filter((room) => ROOMS.indexOf(room) > ROOMS.indexOf(roomOf(file)))
        .map((room) => `${relative(src, file)} imports from ${room}`),
    )
    expect(wrong).toEqual([])
  })

  test('the rooms that a browser can use import nothing of Node', () => {
    const wrong = files
      .filter((file) => BROWSER_SAFE.includes(roomOf(file)))
      .flatMap((file) => importsOf(file).map((name) => ({ file: relative(src, file), name })))
      .filter(({ name }) => name.startsWith('node:') || ['sharp', 'onnxruntime-node'].includes(name))
    expect(wrong).toEqual([])
  })
})
