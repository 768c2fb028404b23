import { adienceNet } from './adiencenet.ts'
import type { NetworkBuilder } from './network.ts'

/** A network that regard can build, with the letter that the paper's tables give it. */
export interface Network {
  readonly title: string
  readonly letter: string
  readonly build: NetworkBuilder
  /** The input size that the paper trains it at, in pixels. */
  readonly input: number
}

/** The networks, by the name that a plan gives. */
export const networks = {
  adiencenet: { title: 'AdienceNet', letter: 'A', build: adienceNet, input: 227 },
} as const satisfies Record<string, Network>

export type NetworkName = keyof typeof networks
