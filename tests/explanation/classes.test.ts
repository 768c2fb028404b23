import { describe, expect, it } from 'vitest'
import {
  classNames,
  explainedClass,
  findClasses,
  probabilityOf,
  requireClass,
  targetOf,
} from '../../src/explanation/classes.ts'

const CATS = ['tabby, tabby cat', 'tiger cat', '1']

describe('finding classes', () => {
  it.each([
    [['top'], ['top']],
    [['tiger cat'], [1]],
    [['tabby, tabby cat'], [0]],
    [['1'], [2]],
    [
      ['0,tiger cat', 'top'],
      [0, 1, 'top'],
    ],
    [
      ['tiger cat', '0, tiger cat'],
      [1, 0],
    ],
  ])('%j are %j', (texts, found) => {
    expect(findClasses(texts, CATS)).toEqual(found)
  })

  it('takes `top` for the own answer of a network that has a class of this name, which its index finds', () => {
    expect(findClasses(['top'], ['bottom', 'top'])).toEqual(['top'])
    expect(findClasses(['1, top'], ['bottom', 'top'])).toEqual([1, 'top'])
  })

  it('refuses a name that several classes have, whose indices find them', () => {
    const names = ['crane', 'cat', 'crane']
    expect(() => findClasses(['crane'], names)).toThrow(
      "several classes are called 'crane'\nName one by its index: 0, 2",
    )
    expect(findClasses(['2'], names)).toEqual([2])
  })

  it('lists the classes, and suggests the one probably meant', () => {
    expect(() => findClasses(['tigercat'], CATS)).toThrow(
      /no class 'tigercat'; did you mean 'tiger cat'\?\nIts classes: tabby, tabby cat \(0\), tiger cat \(1\), 1 \(2\)$/,
    )
    expect(() => requireClass('x', classNames(1000))).toThrow(/Its classes: 0, 1, .*19, … to 999$/)
    expect(() => requireClass('top', CATS)).toThrow(/no class 'top'/)
  })
})

describe('the names of classes', () => {
  it('are their indices if nobody names them', () => {
    expect(classNames(3)).toEqual(['0', '1', '2'])
  })

  it('are two for a single logit', () => {
    expect(classNames(1)).toEqual(['0', '1'])
    expect(classNames(1, ['closed', 'open'])).toEqual(['closed', 'open'])
    expect(classNames(1, ['smiling'])).toEqual(['not smiling', 'smiling'])
  })

  it('must match the number of classes', () => {
    expect(() => classNames(3, ['a', 'b'])).toThrow(/the network has 3 classes, and 2 are named/)
  })
})

describe('a question', () => {
  it('is a question about logits', () => {
    expect(targetOf({ class: 'top' }, 3)).toBe('top')
    expect(targetOf({ class: 2 }, 3)).toBe(2)
    expect(targetOf({ class: 2, minus: 0 }, 3)).toEqual({ class: 2, minus: 0 })
    expect(() => targetOf({ class: 2, minus: 2 }, 3)).toThrow(/does not differ from itself/)
  })

  it('has two sides for a single logit', () => {
    expect(targetOf({ class: 1 }, 1)).toBe(0)
    expect(targetOf({ class: 0 }, 1)).toEqual({ against: 0 })
    expect(() => targetOf({ class: 1, minus: 0 }, 1)).toThrow(
      /a single logit already says how its two classes differ/,
    )
    expect([explainedClass(Float32Array.of(1)), explainedClass(Float32Array.of(-1))]).toEqual([1, 0])
    expect(probabilityOf(0, Float32Array.of(0.25))).toBe(0.75)
    expect(probabilityOf(1, Float32Array.of(0.25))).toBe(0.25)
  })
})
