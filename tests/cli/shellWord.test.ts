import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { shellWord } from '../../src/cli/shellWord.ts'

it('a word that is pasted into a shell is what it was', () => {
  const words = fc.array(fc.string({ unit: fc.constantFrom(...'a /$`"\'\\!*~;é\n&') }), {
    minLength: 1,
    maxLength: 200,
  })
  fc.assert(
    fc.property(words, (given) => {
      // An end, since the shell takes line ends away.
      const command = `printf '%s\\0' ${given.map((word) => shellWord(`${word}.`)).join(' ')}`
      const printed = execFileSync('sh', ['-c', command], { encoding: 'utf8' })
      expect(printed.split('\0').slice(0, -1)).toEqual(given.map((word) => `${word}.`))
    }),
    { numRuns: 20 },
  )
  expect(shellWord('folder:photos/my_faces')).toBe('folder:photos/my_faces')
})
