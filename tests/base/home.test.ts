import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fromHome } from '../../src/base/home.ts'

it.each([
  ['~/photos', join(homedir(), 'photos')],
  ['~', homedir()],
  ['~ada/photos', '~ada/photos'],
  ['photos/~', 'photos/~'],
])('%s is %s', (path, expanded) => {
  expect(fromHome(path)).toBe(expanded)
})
