import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readMetrics, readValidations } from '../../src/training/metrics.ts'

const path = join(mkdtempSync(join(tmpdir(), 'regard-metrics-')), 'metrics.jsonl')
const line = (value: unknown) => `${JSON.stringify(value)}\n`

describe('the validations of a training', () => {
  it('are those of its metrics, up to a truncated line', () => {
    const lines = [1, 2, 3, 4].flatMap((iteration) => [
      { iteration, loss: 1, accuracy: 0.5, norm: 1, rate: 0.01, seconds: 1, time: 1 },
      ...(iteration % 2 === 0
        ? [{ iteration, validation: { accuracy: iteration / 10, n: 5 }, time: 1 }]
        : []),
    ])
    writeFileSync(path, lines.map(line).join(''))
    const expected = [
      { iteration: 2, accuracy: 0.2 },
      { iteration: 4, accuracy: 0.4 },
    ]
    expect(readValidations(path)).toEqual(expected)
    appendFileSync(path, '{"iteration":6,"validation":{"accu')
    expect(readValidations(path)).toEqual(expected)
    expect(readMetrics(path)).toHaveLength(6)
  })

  it('are none without a metrics file', () => {
    expect(readValidations(`${path}.none`)).toEqual([])
  })
})
