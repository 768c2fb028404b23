/** How much work runs are, before and while they are made. */

import { FORWARDS } from '../evaluation/faithfulness.ts'
import type { NetworkName } from '../networks/index.ts'
import type { Schedule } from '../training/schedule.ts'
import type { Clock } from './clock.ts'
import { FAITHFUL } from './profileRun.ts'
import type { Run } from './record.ts'

/** How much work a run is. */
export interface ExpectedRun {
  readonly run: Run
  readonly schedule: Schedule
  /** Photos to score by ten crops; one that is aligned both ways counts twice. */
  readonly scored: number
  /** Photos to explain. */
  readonly explained: number
  /** Faces to explain for the profile. */
  readonly profiled: number
}

/** Seconds to align a photo, until that is measured. */
export const ALIGNING_SECONDS = 0.01

/** Pictures that go through the network to test the maps of a profile of this many faces. */
export function perturbedPictures(profiled: number): number {
  return FORWARDS * Math.min(FAITHFUL, profiled)
}

/** Announce to the clock how many photos the runs will train on, score and explain. */
export function expectRuns(clock: Clock, runs: readonly ExpectedRun[]): void {
  const sums = new Map<string, { units: number; guess: number }>()
  for (const run of runs) {
    for (const { kind, units, guess } of stagesOf(run)) {
      sums.set(kind, { units: units + (sums.get(kind)?.units ?? 0), guess })
    }
  }
  for (const [kind, { units, guess }] of sums) clock.expect(kind, units, guess)
}

/**
 * Roughly how many seconds a run takes on two cores: for use before anything is measured, and to tell long runs from
 * short ones.
 */
export function roughSeconds(run: ExpectedRun): number {
  return stagesOf(run).reduce((sum, { units, guess }) => sum + units * guess, 0)
}

/** Photos a second that a network trains on at 112 pixels, on two cores. */
const PACE: Record<NetworkName, number> = { adiencenet: 200, caffenet: 200, googlenet: 35, vgg16: 6 }

function stagesOf({ run: { network, input, width }, schedule, scored, explained, profiled }: ExpectedRun) {
  const guess = ((input / 112) ** 2 * width) / PACE[network]
  const { iterations, batch, snapshotEvery = Number.POSITIVE_INFINITY } = schedule
  // Snapshots are scored on photos of one kind.
  const snapshots = Math.floor(iterations / snapshotEvery)
  return [
    { kind: `training ${network}`, units: iterations * batch, guess },
    { kind: `scoring ${network}`, units: 10 * scored + 5 * scored * snapshots, guess: guess / 3 },
    { kind: `explaining ${network}`, units: explained, guess: guess * 20 },
    { kind: `profiling ${network}`, units: profiled, guess: guess * 4 },
    { kind: `perturbing ${network}`, units: perturbedPictures(profiled), guess: guess / 3 },
  ]
}
