/** MATLAB's `.mat` files: version 5 (which `save` calls `-v6` and `-v7`) and version 7.3. */

import { UserError } from '../../base/errors.ts'
import { readMatlab5 } from './v5.ts'
import type { MatlabRecord } from './value.ts'

const HEADER = 128
const HDF5_SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

/**
 * Read the variables of a MATLAB file.
 *
 * Both versions give the same plain form (see {@link MatlabValue}). The order of a struct's fields is the
 * file's for version 5 and alphabetical for version 7.3.
 *
 * @param path of the file, for messages
 * @returns its variables by name
 * @throws UserError naming the file, when it is not a MATLAB file, is of version 4, is cut short or damaged, or holds a
 *   class without a plain form (such as a sparse array or an object)
 */
export async function readMatlab(bytes: Uint8Array, path: string): Promise<MatlabRecord> {
  // Enough of the file to tell its version: HDF5 follows 512 bytes that begin with MATLAB's header.
  const head = bytes.subarray(0, 520)
  // Loaded only when needed: the HDF5 library is large.
  if (isHdf5(head)) return (await import('./v73.ts')).readMatlab73(bytes, path)
  if (isVersion4(head)) {
    throw new UserError(
      'this is a MATLAB file of version 4, which regard does not read',
      path,
      "Save it again in MATLAB or Octave with '-v7'",
    )
  }
  const started = new TextDecoder().decode(head.subarray(0, 6)) === 'MATLAB'
  if (started && head.length < HEADER) throw new UserError('the file is cut short inside its header', path)
  // The two letters MI, as the machine that wrote the file lays out a 16-bit number.
  const mark = new TextDecoder().decode(head.subarray(126, HEADER))
  if (mark !== 'IM' && mark !== 'MI') {
    throw new UserError('this is not a MATLAB file', path, 'Give a .mat file that MATLAB saved')
  }
  const little = mark === 'IM'
  const version = new DataView(head.buffer, head.byteOffset).getUint16(124, little)
  if (version === 0x0200) throw new UserError('the file of version 7.3 is cut short inside its header', path)
  if (version !== 0x0100) {
    throw new UserError(
      `the version 0x${version.toString(16).padStart(4, '0')} of MATLAB's format is unknown`,
      path,
      "Save it again with '-v7'",
    )
  }
  return readMatlab5(bytes.subarray(HEADER), little, path)
}

function isHdf5(head: Uint8Array): boolean {
  return [0, 512].some((start) => HDF5_SIGNATURE.every((byte, k) => head[start + k] === byte))
}

// A file of version 4 lacks a header: it begins with five integers about its first matrix. The first has the decimal
// digits MOPT (machine, zero, precision, kind); version 5 begins with four letters.
function isVersion4(head: Uint8Array): boolean {
  if (head.length < 20) return false
  const view = new DataView(head.buffer, head.byteOffset)
  return [true, false].some((little) => {
    const [mopt, rows, columns, complex, name] = [0, 4, 8, 12, 16].map((at) => view.getInt32(at, little))
    const [m, o, p, t] = [1000, 100, 10, 1].map((unit) => Math.floor(mopt! / unit) % 10)
    const known = mopt! >= 0 && mopt! < 5000 && m! <= 4 && o === 0 && p! <= 5 && t! <= 2
    return (
      known && rows! >= 0 && columns! >= 0 && (complex === 0 || complex === 1) && name! > 0 && name! <= 64
    )
  })
}
