import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const src = fileURLToPath(new URL('../../src', import.meta.url))

/** What a file of `src` loads at once, directly and indirectly. Types do not count. */
function loadedWith(start: string): string[] {
  const found = new Set([join(src, start)])
  for (const file of found) {
    const imports = readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)(?! type)[^']*? from '(\.[^']+)'/gm,
    )
    for (const [, name] of imports) found.add(join(file, '..', name!))
  }
  return [...found].map((file) => relative(src, file))
}

test.each(['formats/model.ts', 'formats/weights.ts', 'models/explain.ts'])(
  '%s loads no model parser before reading a model of its format',
  (file) => {
    const loaded = loadedWith(file)
    expect(loaded).toContain('base/errors.ts')
    expect(
      loaded.filter((name) => /^formats\/(caffe|matlab|tensorflowjs|onnx|safetensors)/.test(name)),
    ).toEqual([])
  },
)

test('reading ONNX loads no parser for another format', () => {
  const loaded = loadedWith('formats/onnx.ts')
  expect(loaded).toContain('graph/import/importGraph.ts')
  expect(loaded.filter((name) => /^formats\/(caffe|matlab|tensorflowjs)/.test(name))).toEqual([])
})
