import { expect, it } from 'vitest'
import { textOf } from '../../src/base/text.ts'

it('reads UTF-8 and UTF-16 in either order, without their marks', () => {
  const little = Buffer.from('\ufeffname: Zoë', 'utf16le')
  for (const bytes of [
    Buffer.from('name: Zoë'),
    Buffer.from('\ufeffname: Zoë'),
    little,
    Buffer.from(little).swap16(),
  ])
    expect(textOf(bytes)).toBe('name: Zoë')
})

it('refuses what is neither if asked to', () => {
  const latin = Buffer.from('Zoë', 'latin1')
  expect(() => textOf(latin, { fatal: true })).toThrow(TypeError)
  expect(textOf(latin)).toBe('Zo\ufffd')
})
