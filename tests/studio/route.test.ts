import { expect, test } from 'vitest'
import { routeOf } from '../../studio/app/route.ts'

test('an address that is cut off within a sign is followed as far as it goes', () => {
  expect(routeOf('#/study/Gr%C3%BC%C3%9Fe/runs')).toMatchObject({ view: 'study', rest: ['Grüße', 'runs'] })
  expect(routeOf('#/study/Gr%C3%BC%C3')).toMatchObject({ view: 'study', rest: ['Gr%C3%BC%C3'] })
  expect(routeOf('#/%')).toMatchObject({ view: 'look', rest: [] })
})
