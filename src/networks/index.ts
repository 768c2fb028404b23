import { ADIENCENET_LEAST_INPUT, adienceNet } from './adiencenet.ts'
import { CAFFENET_LEAST_INPUT, caffeNet } from './caffenet.ts'
import { GOOGLENET_LEAST_INPUT, GOOGLENET_LOSSES, googLeNet } from './googlenet.ts'
import type { NetworkBuilder } from './network.ts'
import { VGG16_LEAST_INPUT, vgg16 } from './vgg16.ts'

/** A network that regard can build, with the letter that the paper's tables give it. */
export interface Network {
  readonly title: string
  readonly letter: string
  readonly build: NetworkBuilder
  /** The input size that the paper trains it at, in pixels. */
  readonly input: number
  /** The smallest input size that it allows, in pixels. */
  readonly leastInput: number
  /** The outputs that are trained, and what the loss of each counts for. */
  readonly losses: Readonly<Record<string, number>>
}

const ONE_LOSS = { logits: 1 }

/** The networks, by the name that a plan gives. */
export const networks = {
  adiencenet: {
    title: 'AdienceNet',
    letter: 'A',
    build: adienceNet,
    input: 227,
    leastInput: ADIENCENET_LEAST_INPUT,
    losses: ONE_LOSS,
  },
  caffenet: {
    title: 'CaffeNet',
    letter: 'C',
    build: caffeNet,
    input: 227,
    leastInput: CAFFENET_LEAST_INPUT,
    losses: ONE_LOSS,
  },
  googlenet: {
    title: 'GoogLeNet',
    letter: 'G',
    build: googLeNet,
    input: 224,
    leastInput: GOOGLENET_LEAST_INPUT,
    losses: GOOGLENET_LOSSES,
  },
  vgg16: {
    title: 'VGG-16',
    letter: 'V',
    build: vgg16,
    input: 224,
    leastInput: VGG16_LEAST_INPUT,
    losses: ONE_LOSS,
  },
} as const satisfies Record<string, Network>

export type NetworkName = keyof typeof networks
