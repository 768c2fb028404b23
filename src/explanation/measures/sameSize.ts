import { UserError } from '../../base/errors.ts'

interface Sized {
  readonly width: number
  readonly height: number
  readonly data: { readonly length: number }
}

/**
 * @param name of the first in messages
 * @param of the name of the other
 * @throws UserError where two maps, a map and a mask, or a map and an input differ in size
 */
export function requireSameSize(one: Sized, other: Sized, name: string, of = 'map'): void {
  const fits =
    one.width === other.width && one.height === other.height && one.data.length === other.data.length
  if (fits) return
  const sides = ({ width, height }: Sized) => `${width} × ${height} pixels`
  throw new UserError(
    `has ${sides(one)}, and the ${of} ${sides(other)}`,
    name,
    'Give one of the same picture, cut in the same way',
  )
}
