import { expect, test } from 'vitest'
import { memoised } from '../../src/base/memoised.ts'

test('a result is computed once for each key', () => {
  const asked: number[] = []
  const fibonacci: (n: number) => number = memoised((n) => {
    asked.push(n)
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)
  })
  expect(fibonacci(30)).toBe(832040)
  expect(asked.length).toBe(31)
  fibonacci(20)
  expect(asked.length).toBe(31)
})

test('it asks itself however deep, as one function of another does', () => {
  const half: (n: number) => number = memoised((n) => (n === 0 ? 0 : 0.5 + half(n - 1)))
  const whole: (n: number) => number = memoised((n) =>
    n === 0 ? 0 : half(n) - half(n - 1) + 0.5 + whole(n - 1),
  )
  expect(half(100_001)).toBe(50_000.5)
  expect(whole(100_000)).toBe(100_000)
})

test('undefined is a result, and errors pass', () => {
  let count = 0
  const nothing = memoised(() => void count++)
  nothing(1)
  nothing(1)
  expect(count).toBe(1)
  const deep: (n: number) => number = memoised((n) => {
    if (n === 0) throw new Error('the end')
    return deep(n - 1)
  })
  expect(() => deep(10_000)).toThrow('the end')
  expect(() => deep(3)).toThrow('the end')
})
