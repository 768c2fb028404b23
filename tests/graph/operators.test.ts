import { test } from 'vitest'
import { STANDARD, supportOf, fusedSupport } from './operatorTable.ts'
test('x', () => {
  const by: Record<string, string[]> = {}
  for (const op of STANDARD) (by[supportOf(op)] ??= []).push(op)
  console.log(by)
  console.log(fusedSupport())
})
