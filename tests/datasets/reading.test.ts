import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Reading } from '../../src/datasets/reading.ts'

describe('ids', () => {
  it('are unique whatever the capitals, safe in file names, and short, for any names in any script', () => {
    const names = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a', 'A', '../a', 'é', 'e\u0301')),
    )
    fc.assert(
      fc.property(names, (all) => {
        const reading = new Reading()
        const ids = all.map((name) => reading.idFor(name))
        expect(new Set(ids.map((id) => id.toLowerCase())).size).toBe(ids.length)
        for (const id of ids) {
          expect(id).toMatch(/^[\p{L}\p{M}\p{N}@-][\p{L}\p{M}\p{N}@._-]*$/u)
          // With room for additions.
          expect(Buffer.byteLength(id)).toBeLessThan(250)
        }
      }),
    )
  })

  it('keep the end of a long path, and are the same for the same names', () => {
    const path = `/${'folder/'.repeat(20)}Зоя 7`
    const [one, other] = [new Reading(), new Reading()]
    expect(one.idFor(path)).toMatch(/folder_Зоя_7$/)
    expect(one.idFor(path)).toMatch(/folder_Зоя_7-2$/)
    expect(other.idFor(path)).toMatch(/folder_Зоя_7$/)
  })
})
