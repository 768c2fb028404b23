import { expect, test } from 'vitest'
import { reasonOf, UserError } from '../../src/base/errors.ts'

test('a message shows control characters in names and values, and breaks lines only where it should', () => {
  const { message } = new UserError('the layer a\u001b[2Jb\nc', 'x\u202e.onnx', ['Try', '  this\ttoo'])
  expect(message).toBe('x\\u202e.onnx: the layer a\\u001b[2Jb\\nc. Try\n  this\\ttoo')
  expect(new UserError(['one', 'two']).message).toBe('one\ntwo')
})

test('a very long name is shortened', () => {
  const { message } = new UserError(`there is no ${'a'.repeat(1e6)}z`, 'f')
  expect(message).toMatch(/^f: there is no a+ … a+z$/)
  expect(message.length).toBeLessThan(2100)
})

test("a reader's error does not use JavaScript's words", () => {
  const stumbled = () => (undefined as unknown as { shape: number }).shape
  let reason = ''
  try {
    stumbled()
  } catch (error) {
    reason = reasonOf(error)
  }
  expect(reason).toBe('something that it needs is missing, or has the wrong type or size')
  expect(reasonOf(new Error('axis 3 is outside 2 dimensions'))).toBe('axis 3 is outside 2 dimensions')
})
