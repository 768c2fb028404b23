import { describe, expect, it } from 'vitest'
import { CLASSES } from '../../src/datasets/task.ts'
import { requirePlaces, taskOf } from '../../src/evaluation/labels.ts'

describe('the classes of a network and the labels of a data set', () => {
  it.each([
    ['gender', ['m', 'f'], [0, 1]],
    ['gender', ['Female', 'Male'], [1, 0]],
    ['gender', ['woman', 'man'], [1, 0]],
    ['age', [...CLASSES.age], [0, 1, 2, 3, 4, 5, 6, 7]],
    // As in the networks that Levi and Hassner published.
    [
      'age',
      ['(0, 2)', '(4, 6)', '(8, 12)', '(15, 20)', '(25, 32)', '(38, 43)', '(48, 53)', '(60, 100)'],
      [0, 1, 2, 3, 4, 5, 6, 7],
    ],
    ['age', ['60+', '48–53', '38–43', '25–32', '15–20', '8–13', '4–6', '0–2'], [7, 6, 5, 4, 3, 2, 1, 0]],
  ] as const)('%s: %j', (task, names, places) => {
    expect(taskOf(names)).toBe(task)
    expect(requirePlaces(names, task, 'model.onnx')).toEqual(places)
  })

  it('of 101 numbers may be ages in years, or only indices', () => {
    expect(taskOf(CLASSES.years)).toBeUndefined()
  })

  it.each([
    ['too many', 'gender', ['m', 'f', 'u']],
    ['one of them twice', 'gender', ['m', 'male']],
    ['indices', 'gender', ['0', '1']],
    ['other age groups', 'age', ['0-9', '10-19', '20-29', '30-39', '40-49', '50-59', '60-69', '70+']],
    [
      ...(['almost the same age groups', 'age'] as const),
      ['0-3', '4-7', '8-14', '15-20', '25-32', '38-43', '48-53', '60-64'],
    ],
    ['every year', 'age', Array.from({ length: 101 }, (_, year) => String(year))],
  ] as const)('do not fit if they are %s', (_, task, names) => {
    expect(taskOf(names)).toBe(undefined)
    expect(() => requirePlaces(names, task, 'model.onnx')).toThrow(
      /model\.onnx: the network's classes are .*, and the labels of the task .*--classes/,
    )
  })
})
