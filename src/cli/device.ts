/** Where networks run: the flag of the commands. */

import { type Command, Option } from 'commander'
import { DEVICES, type NodeDevice } from '../engine/node.ts'

/** The flag of {@link withDevice}; undefined by default. */
export interface DeviceFlag {
  readonly device?: NodeDevice
}

/** Add the flag about the device. */
export function withDevice(command: Command, otherwise = 'cpu'): Command {
  const words = `where networks run: on the CPU, on the GPU by WebGPU, or (auto) on the GPU if it is exact and faster (default: ${otherwise})`
  return command.addOption(new Option('--device <name>', words).choices(DEVICES))
}
