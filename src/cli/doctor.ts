import { existsSync, statfsSync } from 'node:fs'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { Command } from 'commander'
import { cacheFolder } from '../base/cache.ts'
import { messageOf } from '../base/errors.ts'
import { requireWritableFolder } from '../base/files.ts'
import { version } from '../base/version.ts'
import { isExact } from '../engine/check.ts'
import { nodeEngine } from '../engine/node.ts'
import { builtInPath } from '../models/node.ts'
import { DEFAULT_NETWORK } from '../networks/builtIn/index.ts'
import { lookForGpu } from './gpu/look.ts'

/** `regard doctor` */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Check whether this machine has what regard needs, and tell you what to do if not.')
    .addHelpText(
      'after',
      '\nExample:\n  $ regard doctor\n\nThe exit code is 1 if something that regard needs is missing.',
    )
    .action(doctor)
}

/** What a check found. */
interface Finding {
  /** `slow` and `absent`: regard works all the same. */
  readonly state: 'good' | 'slow' | 'absent' | 'bad'
  readonly says: string
  readonly remedy?: string
}

const MARKS: Readonly<Record<Finding['state'], string>> = { good: '✓', slow: '!', absent: '-', bad: '✗' }

async function doctor(): Promise<void> {
  const found: Finding[] = []
  for (const check of [machine, runtime, gpu, photos, network, cache, disk]) {
    const finding = await check().catch(
      (error: unknown): Finding => ({ state: 'bad', says: `${check.name}: ${messageOf(error)}` }),
    )
    console.log(`${MARKS[finding.state]} ${finding.says}`)
    if (finding.remedy) console.log(`  ${finding.remedy}`)
    found.push(finding)
  }
  const bad = found.filter(({ state }) => state === 'bad').length
  console.log(
    bad === 0
      ? '\nEverything that regard needs is here.'
      : `\n${bad} of ${found.length} need your attention.`,
  )
  if (bad > 0) process.exitCode = 1
}

async function machine(): Promise<Finding> {
  return {
    state: 'good',
    says:
      `regard ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}, ` +
      `${availableParallelism()} cores, ${gigabytes(totalmem())} of memory, ${gigabytes(freemem())} free`,
  }
}

async function runtime(): Promise<Finding> {
  const engine = await nodeEngine()
  if (!(await isExact(engine)))
    return {
      state: 'bad',
      says: `ONNX Runtime computes wrong results here (${engine.device})`,
      remedy: 'Do not trust any result from this machine. Report this, with the output of `regard doctor`.',
    }
  return engine.device === 'wasm'
    ? {
        state: 'slow',
        says: 'ONNX Runtime runs in WebAssembly, several times slower than native code',
        remedy: 'Install the native runtime: npm install onnxruntime-node@1.30.0 --ignore-scripts',
      }
    : {
        state: 'good',
        says: `ONNX Runtime runs natively and computes exactly, with ${engine.threads} threads`,
      }
}

async function gpu(): Promise<Finding> {
  const refused = await lookForGpu()
  return refused === undefined
    ? { state: 'good', says: 'WebGPU found a GPU that computes exactly: try --device auto' }
    : // Its remedy is what follows anyway: the CPU.
      { state: 'absent', says: `Everything runs on the CPU: ${refused.split('. ')[0]}` }
}

async function photos(): Promise<Finding> {
  const { default: sharp } = await import('sharp')
  const { format } = await sharp(
    await sharp({ create: { width: 8, height: 8, channels: 3, background: 'white' } })
      .jpeg()
      .toBuffer(),
  ).metadata()
  return { state: 'good', says: `Photos are read and written (sharp ${sharp.versions.sharp}, ${format})` }
}

async function network(): Promise<Finding> {
  const path = builtInPath(DEFAULT_NETWORK)
  return existsSync(path)
    ? { state: 'good', says: `The network ${DEFAULT_NETWORK} is installed` }
    : {
        state: 'bad',
        says: `The network ${DEFAULT_NETWORK} is missing: ${path}`,
        remedy: 'Run npm ci again.',
      }
}

async function cache(): Promise<Finding> {
  const folder = cacheFolder()
  try {
    requireWritableFolder(folder)
    return { state: 'good', says: `Downloads are kept in ${folder}` }
  } catch (error) {
    return {
      state: 'absent',
      says: `Downloads cannot be kept: ${messageOf(error)}`,
      remedy: 'Set REGARD_CACHE to a folder that can be written.',
    }
  }
}

async function disk(): Promise<Finding> {
  const { bavail, bsize } = statfsSync('.')
  const free = bavail * bsize
  return free < 1e9
    ? {
        state: 'slow',
        says: `This disk has ${gigabytes(free)} free, too little for most studies`,
        remedy: '`regard study plan PLAN.yaml` estimates what a study needs.',
      }
    : { state: 'good', says: `This disk has ${gigabytes(free)} free` }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}
