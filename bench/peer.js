/** PyTorch, which the benchmarks compare with, as fast as it runs here. */

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { describeMachine, describeOwn, reached } from './measure.js'

/**
 * The whole environment of a Python process: no variable of this shell slows it down, such as OMP_*, GOMP_*, KMP_*,
 * MKL_*, DNNL_*, OPENBLAS_* and ATEN_CPU_CAPABILITY. OpenBLAS has threads of its own, which torch.set_num_threads does
 * not reach.
 */
const environment = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  OMP_NUM_THREADS: String(availableParallelism()),
  OPENBLAS_NUM_THREADS: String(availableParallelism()),
}

/**
 * OpenBLAS's kernels for AVX-512, tried beside its own choice where the CPU has it: a CPU that is newer than the library
 * may be given kernels for AVX2.
 */
const WIDE_KERNELS = ['SkylakeX', 'Cooperlake']

/** The first Python here that has PyTorch; undefined where none has. */
export const python = ['python3', '/usr/bin/python3'].find(
  (candidate) => spawnSync(candidate, ['-c', 'import torch'], { env: environment }).status === 0,
)

/**
 * Print what both sides compute with, and their speed; from here on, PyTorch uses the OpenBLAS kernels that are fastest
 * here.
 */
export async function introduce() {
  describeMachine()
  await describeOwn()
  if (!python) {
    console.log('PyTorch is not here (apt-get install python3-torch libopenblas0-pthread): no comparison\n')
    return
  }
  const { version, threads, blas, kernels, dnn, vectors, ...reach } = withFastestKernels()
  console.log(
    `PyTorch ${version}: ${threads} threads, ${blas} (${kernels}), oneDNN ${dnn}, ${vectors}; ${reached(reach)}\n`,
  )
}

/** Choose OpenBLAS's kernels, and return what `peer.py` reports with them. */
function withFastestKernels() {
  let best = runPython('peer.py')
  if (!/\bavx512f\b/.test(readFileSync('/proc/cpuinfo', 'utf8'))) return best
  for (const core of WIDE_KERNELS) {
    const own = { ...environment, OPENBLAS_CORETYPE: core }
    const { status, stdout } = spawnPython('peer.py', [], own)
    // Where the CPU lacks an instruction of these kernels, the process is killed.
    if (status !== 0) continue
    const report = JSON.parse(stdout)
    if (report.matrix <= best.matrix) continue
    best = report
    environment.OPENBLAS_CORETYPE = core
  }
  return best
}

/** Run a Python script of this folder with PyTorch; it prints JSON. */
export function runPython(script, ...args) {
  const { status, stdout, stderr } = spawnPython(script, args, environment)
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

function spawnPython(script, args, env) {
  const path = fileURLToPath(new URL(script, import.meta.url))
  return spawnSync(python, [path, ...args.map(String)], { encoding: 'utf8', env })
}

/** Write arrays of numbers into a file for Python, one after another. */
export function writeNumbers(path, arrays) {
  writeFileSync(path, '')
  for (const { buffer, byteOffset, byteLength } of arrays) {
    writeFileSync(path, new Uint8Array(buffer, byteOffset, byteLength), { flag: 'a' })
  }
}

/** The largest difference between two arrays of numbers, relative to the largest number of the second. */
export function difference(mine, theirs) {
  if (mine.length !== theirs.length) return Number.POSITIVE_INFINITY
  let [apart, largest] = [0, 0]
  for (let k = 0; k < mine.length; k++) {
    apart = Math.max(apart, Math.abs(mine[k] - theirs[k]))
    largest = Math.max(largest, Math.abs(theirs[k]))
  }
  return apart / largest
}
