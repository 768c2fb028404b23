import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Command } from 'commander'
import { UsageError } from '../base/errors.ts'
import { requireWritable } from '../base/files.ts'
import { readModelFile, writeOnnxFile } from '../formats/node.ts'
import type { Graph, ValueInfo } from '../graph/types.ts'
import { readBuiltIn } from '../models/node.ts'
import { requireBuiltIn } from '../networks/builtIn/index.ts'
import { announce, isNamed, tellReading, withPrototxt } from './model.ts'
import { untilStopped } from './signal.ts'

/** `regard convert MODEL OUT.onnx` */
export function convertCommand(): Command {
  const command = new Command('convert')
    .description('Convert a network from any format that regard reads to an ordinary .onnx file.')
    .argument('<model>', 'the network: a file, or the name of a built-in network (`regard networks`)')
    .argument('<out>', 'the file to write, NAME.onnx')
  return withPrototxt(command)
    .addHelpText('after', '\nExample:\n  $ regard convert googlenet.caffemodel googlenet.onnx\n')
    .action(async (path: string, out: string, flags: { prototxt?: string }) => {
      checkOut(path, out)
      announce(path)
      await untilStopped(async (signal) => {
        const network = isNamed(path)
          ? await readBuiltIn(requireBuiltIn(path))
          : await readModelFile(path, flags)
        tellReading(path, network)
        await writeModelFile(out, network, signal)
        console.log(`${out}: ${signature(network)}`)
      })
    })
}

/** Refuse what is not an `.onnx` file, is the model itself, or cannot be written. */
export function checkOut(model: string, out: string): void {
  if (!out.endsWith('.onnx')) throw new UsageError('the file to write must be called NAME.onnx', out)
  if (resolve(model) === resolve(out))
    throw new UsageError('the output would overwrite the model', out, 'Give it another name')
  requireWritable(out)
}

/**
 * Write a graph; if it is too large for a single file, with its weights in a file beside it.
 *
 * @throws the signal's reason, when that came first
 */
export async function writeModelFile(path: string, graph: Graph, signal: AbortSignal): Promise<void> {
  const bytes = [...graph.initializers.values()].reduce((sum, { data }) => sum + data.byteLength, 0)
  announce(path, bytes, 'Writing')
  // Signals are handled between two tasks.
  await setImmediate()
  signal.throwIfAborted()
  writeOnnxFile(path, graph, { external: bytes > MOST })
}

/** Protobuf ends at 2 GiB; nodes and names need some of it. */
const MOST = 1.9 * 2 ** 30

/** The inputs and outputs of a graph. */
export function signature({ inputs, outputs }: Graph): string {
  const list = (values: readonly ValueInfo[]) =>
    values.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')
  return `${list(inputs)} → ${list(outputs)}`
}
