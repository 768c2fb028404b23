import { UsageError } from '../../base/errors.ts'
import { nearest } from '../../base/nearest.ts'
import { faceres } from './faceres.ts'
import { faceresDeep } from './faceresDeep.ts'
import { gear } from './gear.ts'
import type { BuiltInNetwork } from './network.ts'
import { ssrnetAge, ssrnetGender } from './ssrnet.ts'

// Another network is one file, and one line here.
/** The networks that come without training, by the name that commands give them. */
export const builtIn = {
  faceres,
  'faceres-deep': faceresDeep,
  gear,
  'ssrnet-age': ssrnetAge,
  'ssrnet-gender': ssrnetGender,
} as const satisfies Record<string, BuiltInNetwork>

export type BuiltInName = keyof typeof builtIn

/** The one that a command takes where none is named. */
export const DEFAULT_NETWORK: BuiltInName = 'faceres'

/** Whether a network comes without training, by its name. */
export function isBuiltIn(name: string): name is BuiltInName {
  return Object.hasOwn(builtIn, name)
}

/**
 * The built-in network of a name.
 *
 * @throws UsageError that names the nearest, or all
 */
export function requireBuiltIn(name: string): BuiltInName {
  if (isBuiltIn(name)) return name
  const near = nearest(name, Object.keys(builtIn))
  throw new UsageError(
    `there is no built-in network '${name}'`,
    undefined,
    near ? `Did you mean ${near}?` : `There are ${Object.keys(builtIn).join(', ')}`,
  )
}
