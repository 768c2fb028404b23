/** Schedules that a plan can name instead of writing its own. */

import type { Schedule } from './schedule.ts'

/** The four networks of the paper. */
type PaperNetwork = 'adiencenet' | 'caffenet' | 'googlenet' | 'vgg16'
/** What a network's weights start from. */
type Start = 'random' | 'imagenet' | 'imdb-wiki' | 'other'

const COMMON = { momentum: 0.9, decay: 0.0005 } as const

type Row = readonly [rate: number, gamma: number, every: number, batch: number, iterations: number]

const SLOW: Row = [0.001, 0.1, 10_000, 50, 50_000]
const VGG: Row = [0.0001, 0.1, 12_500, 10, 125_000]

/** What the paper trained, and how (Lapuschkin et al. 2017). */
const PAPER: Record<PaperNetwork, Partial<Record<Start, Row>>> = {
  adiencenet: { random: SLOW },
  caffenet: { random: SLOW, imagenet: [0.001, 0.3, 10_000, 50, 50_000] },
  googlenet: { random: [0.01, 0.1, 55_000, 32, 170_000], imagenet: [0.0005, 0.3, 55_000, 32, 170_000] },
  vgg16: { imagenet: VGG, 'imdb-wiki': VGG },
}

/**
 * The paper's schedule of a network; undefined where the paper did not train it from this start.
 *
 * @param mixed whether it is trained on photos aligned both ways, for which VGG-16 had twice the iterations
 */
export function paperSchedule(network: PaperNetwork, start: Start, mixed: boolean): Schedule | undefined {
  const row = PAPER[network][start]
  if (!row) return undefined
  const [rate, gamma, every, batch, iterations] = row
  const times = mixed && network === 'vgg16' ? 2 : 1
  return {
    ...COMMON,
    policy: 'step',
    rate,
    gamma,
    every: every * times,
    batch,
    iterations: iterations * times,
    validateEvery: 1000,
    checkpointEvery: 1000,
  }
}

/**
 * A schedule that fits a laptop: the rate of `examples/aaf-adiencenet.yaml` for random weights, a tenth of it for
 * others.
 */
export function quickSchedule(start: Start): Schedule {
  return {
    ...COMMON,
    policy: 'cosine',
    rate: start === 'random' ? 0.003 : 0.0003,
    warmup: 50,
    batch: 32,
    iterations: 1500,
    validateEvery: 100,
    checkpointEvery: 250,
  }
}
