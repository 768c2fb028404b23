import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../src/base/errors.ts'
import { readAaf } from '../../src/datasets/aaf.ts'
import { countClasses, requireEveryClass } from '../../src/datasets/classes.ts'
import type { Face } from '../../src/datasets/dataset.ts'
import { makeFolds, splitFolds } from '../../src/datasets/folds.ts'
import { shared } from '../shared.ts'

const folder = mkdtempSync(join(tmpdir(), 'regard-folds-'))

/** One face for each given subject, without a photo. */
function facesOf(subjects: readonly (string | number)[]): Face[] {
  return subjects.map((subject, i) => ({
    id: `${i}`,
    photo: join(folder, `absent-${i}.jpg`),
    landmarks: join(folder, `${i}.txt`),
    subject: `${subject}`,
  }))
}

/** One face per person, whose photo has the given content. */
function facesWith(photos: readonly string[]): Face[] {
  return facesOf([...photos.keys()]).map((face, i) => {
    const photo = join(folder, `${i}-${photos[i]}.jpg`)
    writeFileSync(photo, photos[i]!)
    return { ...face, photo }
  })
}

function sizes(folds: readonly number[]): number[] {
  const counts = new Map<number, number>()
  for (const fold of folds) counts.set(fold, (counts.get(fold) ?? 0) + 1)
  return [...counts.values()]
}

describe('makeFolds', () => {
  const subjects = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 80 })

  it('never separates a subject, leaves no fold empty, and differs in size by one subject at most', () => {
    fc.assert(
      fc.property(subjects, fc.integer({ min: 2, max: 5 }), fc.string(), (who, count, seed) => {
        fc.pre(new Set(who).size >= count)
        const folds = makeFolds(facesOf(who), count, seed)
        for (const [i, fold] of folds.entries()) expect(fold).toBe(folds[who.indexOf(who[i]!)])
        expect(new Set(folds).size).toBe(count)
        const largest = Math.max(...who.map((one) => who.filter((other) => other === one).length))
        expect(Math.max(...sizes(folds)) - Math.min(...sizes(folds))).toBeLessThanOrEqual(largest)
      }),
    )
  })

  it('never separates photos that are identical byte for byte', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'c', 'dd', 'ee', 'ff'), {
      minLength: 8,
      maxLength: 20,
    })
    fc.assert(
      fc.property(letters, (photos) => {
        fc.pre(new Set(photos).size >= 3)
        const folds = makeFolds(facesWith(photos), 3, 1)
        for (const [i, fold] of folds.entries()) expect(fold).toBe(folds[photos.indexOf(photos[i]!)])
      }),
      { numRuns: 30 },
    )
  })

  it('puts such photos anywhere if asked to', () => {
    const faces = facesWith(['a', 'a', 'a', 'a', 'a', 'a'])
    expect(() => makeFolds(faces, 3, 1)).toThrow(/cannot be divided/)
    expect(new Set(makeFolds(faces, 3, 1, 'anywhere'))).toEqual(new Set([0, 1, 2]))
  })

  it('joins subjects that share a photo, however long the chain', () => {
    const faces = facesWith(['a', 'b', 'b', 'c', 'c', 'x', 'y', 'z'])
    const chained = faces.map((face, i) => ({
      ...face,
      subject: ['1', '1', '2', '2', '3', '4', '5', '6'][i]!,
    }))
    const folds = makeFolds(chained, 2, 7)
    expect(new Set(folds.slice(0, 5)).size).toBe(1)
    expect(new Set(folds.slice(5))).toEqual(new Set([1 - folds[0]!]))
  })

  it('gives the same folds for the same seed and others for another', () => {
    const faces = facesOf(Array.from({ length: 100 }, (_, i) => i))
    expect(makeFolds(faces, 5, 'a')).toEqual(makeFolds(faces, 5, 'a'))
    expect(makeFolds(faces, 5, 'a')).not.toEqual(makeFolds(faces, 5, 'b'))
  })

  it('refuses more folds than people, and fewer than two', () => {
    const faces = facesOf(['x', 'x', 'y'])
    expect(() => makeFolds(faces, 3, 1)).toThrow(
      '3 faces of 2 separate people cannot be divided into 3 folds',
    )
    expect(() => makeFolds(faces, 1, 1)).toThrow(UserError)
    expect(() => makeFolds([], 5, 1)).toThrow(UserError)
  })
})

describe('split', () => {
  it('gives every face to one part: the fold to test, a tenth of the others to validation', () => {
    const foldLists = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(foldLists, fc.integer(), (folds, seed) => {
        const testFold = folds[0]!
        const { train, validation, test } = splitFolds(folds, testFold, seed)
        expect([...train, ...validation, ...test].sort((a, b) => a - b)).toEqual([...folds.keys()])
        expect(test).toEqual([...folds.keys()].filter((i) => folds[i] === testFold))
        expect(validation).toHaveLength(Math.floor((train.length + validation.length) / 10))
        expect(splitFolds(folds, testFold, seed)).toEqual({ train, validation, test })
      }),
    )
  })

  it('shuffles differently for another seed or test fold', () => {
    const folds = Array.from({ length: 100 }, (_, i) => i % 5)
    expect(splitFolds(folds, 0, 1).train).not.toEqual(splitFolds(folds, 0, 2).train)
  })

  it('names a fold that does not exist', () => {
    expect(() => splitFolds([0, 1, 2], 3, 1)).toThrow(/there is no fold 3 to test on/)
  })
})

describe('requireEveryClass', () => {
  const faces = facesOf([1, 2, 3]).map((face, i): Face => (i === 0 ? face : { ...face, gender: 'f' }))

  it('counts the faces of each class, and none without a label', () => {
    expect(countClasses(faces, [0, 1, 2, 2], 'gender')).toEqual([0, 3])
    expect(countClasses(faces, [0, 1], 'age')).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('names the task and the class without faces', () => {
    expect(() => requireEveryClass(faces, [0, 1], 'gender')).toThrow(
      'task gender: the training part holds no face of the class m. Use a data set',
    )
    const both = faces.map((face, i): Face => ({ ...face, gender: i > 0 ? 'f' : 'm' }))
    expect(() => requireEveryClass(both, [0, 1], 'gender')).not.toThrow()
    expect(() => requireEveryClass(both, [1, 2], 'gender')).toThrow(UserError)
  })

  it('needs different ages in years, but not every age', () => {
    const aged = [3, 3, 40].map((years, k) => ({ ...faces[0]!, id: String(k), years }))
    expect(() => requireEveryClass(aged, [1, 2], 'years')).not.toThrow()
    expect(() => requireEveryClass(aged, [0, 1], 'years')).toThrow('no faces of different ages in years')
  })
})

describe.skipIf(!shared)('folds of All-Age-Faces', () => {
  it('are equal to within one face and keep the 25 repeated photos together', () => {
    const { faces } = readAaf(join(shared!, 'data/aaf'))
    const folds = makeFolds(faces, 5, 1)
    expect(Math.max(...sizes(folds)) - Math.min(...sizes(folds))).toBeLessThanOrEqual(1)
    // More folds than groups are refused, and the message counts the groups: 25 fewer than faces.
    expect(() => makeFolds(faces, 5000, 1)).toThrow('4581 faces of 4556 separate people')
  })
})
