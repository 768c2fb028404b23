/**
 * Checkpoints: everything that a run needs to continue with the same bits. The last two are kept, each with a checksum
 * and written in full before it is put in place, so that a killed process or a bad disk costs only one interval.
 */

import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, UserError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import { sha256Of } from '../base/hash.ts'
import { readSafetensors, writeSafetensors } from '../formats/safetensors.ts'
import type { Tensor, TensorOf } from '../graph/types.ts'
import type { BatchesState } from './batches.ts'
import type { Weights } from './trainableWeights.ts'

/** The state of a run between two iterations. */
export interface Checkpoint {
  /** The number of iterations done. */
  readonly iteration: number
  readonly weights: Weights
  readonly velocities: Weights
  readonly batches: BatchesState
  /** Of all validations so far, as patience asks for them; undefined in checkpoints of earlier versions. */
  readonly accuracies: readonly number[] | undefined
  /** What the run computes, as text: a checkpoint of another run is refused. */
  readonly run: string
}

const LATEST = 'checkpoint.safetensors'
const PREVIOUS = 'checkpoint.previous.safetensors'
/** Complete and newer than both, where it exists: the process was killed before it was put in place. */
const NEXT = 'checkpoint.next.safetensors'
/** Newest first. */
const NAMES = [NEXT, LATEST, PREVIOUS]

/** Write a checkpoint into a run's folder; the one before it is kept as well. */
export function writeCheckpoint(
  folder: string,
  { iteration, weights, velocities, batches, accuracies, run }: Checkpoint,
): void {
  const order: TensorOf<'int32'> = {
    type: 'int32',
    shape: [batches.order.length],
    data: Int32Array.from(batches.order),
  }
  const tensors = new Map<string, Tensor>([
    ...[...weights].map(([name, tensor]) => [name, tensor] as const),
    ...[...velocities].map(([name, tensor]) => [`${name}.velocity`, tensor] as const),
    ['order', order],
  ])
  const state = JSON.stringify({ iteration, random: batches.random, taken: batches.taken, accuracies, run })
  const metadata = { state, sha256: checksum(tensors, state) }
  const path = join(folder, LATEST)
  // The disk may be full: the existing ones stay in place until the new one is complete.
  const next = join(folder, NEXT)
  writeAtomic(next, ...writeSafetensors({ tensors, metadata }))
  if (existsSync(path)) renameSync(path, join(folder, PREVIOUS))
  renameSync(next, path)
}

/**
 * The last good checkpoint in a folder; undefined where there is none. A damaged one is named on standard error and the
 * one before it is used; where both are damaged, the progress is lost, and training from the beginning gives the same
 * result.
 *
 * @param run the run to continue
 * @throws UserError when the checkpoint belongs to another run
 */
export function readCheckpoint(folder: string, run: string): Checkpoint | undefined {
  const names = NAMES.filter((name) => existsSync(join(folder, name)))
  for (const name of names) {
    const path = join(folder, name)
    let checkpoint: Checkpoint
    try {
      checkpoint = parse(readFileSync(path), path)
    } catch (error) {
      const rest =
        name === names.at(-1)
          ? 'there is no earlier one: training from the beginning'
          : 'using the one before it'
      console.error(`${messageOf(error)}; ${rest}`)
      continue
    }
    if (checkpoint.run !== run) {
      throw new UserError(
        'belongs to a run with other settings or data',
        path,
        'Remove the folder or choose another',
      )
    }
    return checkpoint
  }
  return undefined
}

/** Remove the checkpoints of a run that has ended. */
export function removeCheckpoints(folder: string): void {
  for (const name of NAMES) rmSync(join(folder, name), { force: true })
}

function parse(bytes: Uint8Array, path: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, path)
  const { state = '', sha256 } = metadata
  if (checksum(tensors, state) !== sha256)
    throw new UserError('the checkpoint is damaged: its checksum does not match', path)
  const { iteration, random, taken, accuracies, run } = JSON.parse(state)
  const weights: Weights = new Map()
  const velocities: Weights = new Map()
  for (const [name, tensor] of tensors) {
    if (name === 'order') continue
    const isVelocity = name.endsWith('.velocity')
    const target = isVelocity ? velocities : weights
    target.set(isVelocity ? name.slice(0, -'.velocity'.length) : name, tensor as TensorOf<'float32'>)
  }
  const order = Array.from((tensors.get('order') as TensorOf<'int32'>).data)
  return { iteration, weights, velocities, batches: { random, order, taken }, accuracies, run }
}

function checksum(tensors: ReadonlyMap<string, Tensor>, state: string): string {
  return sha256Of(state, ...[...tensors].flatMap(([name, { data }]) => [name, data]))
}
