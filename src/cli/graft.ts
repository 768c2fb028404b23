import { Command } from 'commander'
import { answersAsked, nameOf } from '../models/answersAsked.ts'
import { graftModel } from '../models/graft.ts'
import type { Model } from '../models/model.ts'
import { checkOut, signature, writeModelFile } from './convert.ts'
import {
  answersFrom,
  chosenComposite,
  compositeFrom,
  MODEL,
  type ModelFlags,
  withComposite,
  withModelFlags,
} from './model.ts'
import { untilStopped } from './signal.ts'

interface Flags extends ModelFlags {
  readonly composite?: string
  readonly class: string
  readonly minus?: string
}

/** `regard graft MODEL OUT.onnx` */
export function graftCommand(): Command {
  const command = new Command('graft')
    .description(
      "Save a network and its explanation as one ordinary .onnx file, with the model's input and outputs, and `relevance`.",
    )
    .argument('<model>', MODEL)
    .argument('<out>', 'the file to write, NAME.onnx')
    .option(
      '--class <class>',
      "the class to explain: `top` (the network's own answer to each picture), or a class by name or index",
      'top',
    )
    .option('--minus <class>', 'explain what speaks for the class rather than for this one')
  return withModelFlags(withComposite(command))
    .addHelpText('after', '\nExample:\n  $ regard graft model.onnx explained.onnx --composite epsilon-plus\n')
    .action(async (path: string, out: string, flags: Flags) => {
      checkOut(path, out)
      const asked = compositeFrom(flags.composite)
      await untilStopped(async (signal) => {
        const answers = await answersFrom(path, flags)
        const meant = answersAsked(answers, [flags.class], flags.minus)
        const [model] = meant as [Model, ...Model[]]
        if (answers.length > 1) tellAnswer(meant)
        const composite = chosenComposite(model, asked)
        const { class: name, minus } = flags
        const grafted = await graftModel(model, { class: name, minus, composite })
        await writeModelFile(out, grafted, signal)
        console.log(`${out}: ${signature(grafted)}`)
      })
    })
}

/** Print which of several answers the file explains: it has room for one. */
function tellAnswer([model, ...others]: readonly Model[]): void {
  const called = (one: Model) => `${nameOf(one)} (${one.output})`
  const rest = others.length > 0 ? `, and not ${others.map(called).join(', ')}: --output chooses another` : ''
  console.error(`The answer ${called(model!)} is explained${rest}`)
}
