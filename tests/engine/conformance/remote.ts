/** The engines that run cases elsewhere: in Chromium, and in a Node process that sees SwiftShader as its GPU. */

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Tensors } from '../../../src/engine/engine.ts'
import { writeGraph } from '../../../src/graph/file.ts'
import type { Tensor } from '../../../src/graph/types.ts'
import type { Chromium } from '../../chromium.ts'
import { SWIFTSHADER } from '../../swiftShader.ts'
import type { Case } from './cases.ts'

/** A tensor in JSON. */
export interface Plain {
  readonly type: string
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

/** An engine somewhere else. */
export interface Remote {
  readonly device: string
  readonly threads: number
  run(subject: Case): Promise<Record<string, Plain>>
  close(): Promise<void>
}

interface Options {
  readonly device: string
  readonly threads: number
}
type Started = Pick<Remote, 'device' | 'threads'>
interface Job {
  readonly graph: string
  readonly feeds: Record<string, Plain>
}

/** What page/page.js offers. */
declare const conformance: {
  start(options: Options): Promise<Started>
  run(job: Job): Promise<Record<string, Plain>>
}

/** An engine in its own page. */
export async function inPage(chromium: Chromium, options: Options): Promise<Remote> {
  const page = await chromium.open()
  const started = await page.evaluate((options) => conformance.start(options), options)
  return {
    ...started,
    run: (subject) => page.evaluate((job) => conformance.run(job), jobOf(subject)),
    close: () => page.close(),
  }
}

/** Node's engine in its own process, with SwiftShader. */
export async function inProcess(options: Options): Promise<Remote> {
  const module = fileURLToPath(new URL('child.js', import.meta.url))
  const child = fork(module, [], {
    execArgv: [],
    env: { ...process.env, ...SWIFTSHADER },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  child.on('message', ({ id, value, error }: { id: number; value: never; error?: string }) => {
    const { resolve, reject } = waiting.get(id)!
    waiting.delete(id)
    if (error === undefined) resolve(value)
    else reject(new Error(error))
  })
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`the process ended: ${signal ?? code}`))
  })
  let asked = 0
  const ask = <T>(message: object) =>
    new Promise<T>((resolve, reject) => {
      waiting.set(++asked, { resolve, reject })
      child.send({ id: asked, ...message })
    })
  const started = await ask<Started>({ start: options })
  return {
    ...started,
    run: (subject) => ask({ job: jobOf(subject) }),
    async close() {
      child.kill()
    },
  }
}

function jobOf({ graph, feeds }: Case): Job {
  return {
    graph: Buffer.from(writeGraph(graph)).toString('base64'),
    feeds: plainOf(feeds),
  }
}

/** Tensors in JSON. */
export function plainOf(tensors: Tensors): Record<string, Plain> {
  const plain = ({ type, shape, data }: Tensor) => ({
    type,
    shape,
    data: Array.from<number | bigint, number>(data, Number),
  })
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, plain(tensor)]))
}
