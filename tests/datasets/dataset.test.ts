import { expect, test } from 'vitest'
import { skippedBelow, withoutRoot } from '../../src/datasets/dataset.ts'

test('messages about a data set’s files give paths from its folder, and do not reveal where that is', () => {
  const reason = '/home/ada/my faces/photos/men/1.jpg: has no face'
  expect(withoutRoot(reason, '/home/ada/my faces/photos')).toBe('men/1.jpg: has no face')
  expect(withoutRoot(reason, '/home/ada/my faces/table.csv')).toBe('photos/men/1.jpg: has no face')
  expect(skippedBelow([{ face: '/home/ada/table.csv:7', reason }], '/home/ada/table.csv')).toEqual([
    { face: 'table.csv:7', reason: 'my faces/photos/men/1.jpg: has no face' },
  ])
})

test('a data set at the root of a disk, and one in the working folder, leave other paths as they are', () => {
  expect(withoutRoot('/a/b.jpg: 1/2', '/')).toBe('/a/b.jpg: 1/2')
  expect(withoutRoot('photos/b.jpg: 1/2', 'photos')).toBe('b.jpg: 1/2')
  expect(withoutRoot('see ./x/y', '.')).toBe('see ./x/y')
})
