/**
 * Whether a device can be trusted, and whether it is worth using. A driver or a kernel can be wrong without an error,
 * and a GPU emulated in software is far slower than the CPU that emulates it.
 */

import { GraphBuilder } from '../graph/builder.ts'
import { float32 } from '../graph/types.ts'
import type { Engine, Program } from './engine.ts'

/** Sizes of the convolution to check: large enough for kernels that work in tiles of the picture. */
const [CHANNELS, FILTERS, SIZE, KERNEL] = [8, 12, 18, 3]
const OUTPUT = SIZE - KERNEL + 1

/**
 * The bounds that the convolution is clipped to, which affect many of its numbers, and the slope below 0 of the
 * activation after that.
 */
const [LEAST, MOST, SLOPE] = [-40000, 40000, 0.5]

/** Programs that stay loaded: once a GPU's last program is released, all kernels compiled for it are lost. */
const kept: Program[] = []

/**
 * Whether a convolution of integers, two activations after it and a product of integers are exact to the bit. The sums
 * stay below 2^24, so that every order of adding gives them in float32; numbers of 13 bits show a device that rounds to
 * less.
 */
export async function isExact(engine: Engine): Promise<boolean> {
  const whole = (count: number, most: number) =>
    Array.from({ length: count }, (_, k) => ((k * 7919) % most) - (most >> 1))
  const x = whole(CHANNELS * SIZE * SIZE, 8191)
  const weights = whole(FILTERS * CHANNELS * KERNEL * KERNEL, 7)
  const turn = whole(OUTPUT * OUTPUT, 2)
  const g = new GraphBuilder('check')
  const picture = g.input('x', 'float32', [1, CHANNELS, SIZE, SIZE])
  const filters = g.constant(float32([FILTERS, CHANNELS, KERNEL, KERNEL], weights))
  const bounds = [LEAST, MOST].map((bound) => g.constant(float32([], [bound])))
  const active = g.op('LeakyRelu', [g.op('Clip', [g.op('Conv', [picture, filters]), ...bounds])], {
    alpha: SLOPE,
  })
  g.output('y', g.matmul(active, g.constant(float32([OUTPUT, OUTPUT], turn))))
  const program = await engine.load(g.graph())
  kept.push(program)
  const { y } = await program.run({ x: float32([1, CHANNELS, SIZE, SIZE], x) })

  const activated = Array.from({ length: FILTERS * OUTPUT * OUTPUT }, (_, at) => {
    const [f, i, j] = placeOf(at)
    let sum = 0
    for (let c = 0; c < CHANNELS; c++) {
      for (let k = 0; k < KERNEL * KERNEL; k++) {
        const [row, column] = [i + Math.floor(k / KERNEL), j + (k % KERNEL)]
        sum += x[(c * SIZE + row) * SIZE + column]! * weights[(f * CHANNELS + c) * KERNEL * KERNEL + k]!
      }
    }
    const clipped = Math.max(Math.min(sum, MOST), LEAST)
    return clipped < 0 ? SLOPE * clipped : clipped
  })
  return y!.data.every((got, at) => {
    const [, , j] = placeOf(at)
    let expected = 0
    for (let k = 0; k < OUTPUT; k++) expected += activated[at - j + k]! * turn[k * OUTPUT + j]!
    return got === expected
  })
}

/** Filter, row and column of an element of the convolution. */
function placeOf(at: number): [filter: number, row: number, column: number] {
  return [Math.floor(at / OUTPUT ** 2), Math.floor(at / OUTPUT) % OUTPUT, at % OUTPUT]
}

/**
 * Whether a device runs inner products faster than another. Where small ones take far longer, as on a GPU emulated in
 * software, large ones are not tried: they would take minutes.
 */
export async function isFaster(engine: Engine, other: Engine): Promise<boolean> {
  if ((await secondsOf(engine, SMALL)) > FAR * (await secondsOf(other, SMALL))) return false
  return (await secondsOf(engine, LARGE)) < (await secondsOf(other, LARGE))
}

const [SMALL, LARGE, FAR] = [128, 1024, 50]
const [ROWS, LAYERS] = [64, 16]

/** Seconds of one run of some inner products, after a first run. */
async function secondsOf(engine: Engine, width: number): Promise<number> {
  const g = new GraphBuilder('products')
  const weights = g.constant(float32([width, width]))
  let value = g.input('x', 'float32', [ROWS, width])
  for (let layer = 0; layer < LAYERS; layer++) value = g.op('Relu', [g.matmul(value, weights)])
  g.output('y', value)
  const program = await engine.load(g.graph())
  const x = float32([ROWS, width])
  await program.run({ x })
  const started = performance.now()
  await program.run({ x })
  const seconds = (performance.now() - started) / 1000
  await program.release()
  return seconds
}
