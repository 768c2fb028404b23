import { Command } from 'commander'
import { UsageError } from '../base/errors.ts'
import { graft } from '../explanation/graft.ts'
import { answersAsked, nameOf } from '../models/answersAsked.ts'
import { rulesAbout } from '../models/explain.ts'
import type { Model } from '../models/model.ts'
import { rangeOf } from '../models/preprocessing.ts'
import { against, questionsOf, targetIn } from '../models/questions.ts'
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
      "Write a network together with its explanation as one ordinary .onnx file: the model's input, the model's outputs, and `relevance`.",
    )
    .argument('<model>', MODEL)
    .argument('<out>', 'the file to write, NAME.onnx')
    .option(
      '--class <class>',
      "the class to explain: `top`, the network's own answer to each picture, or a class by name or index",
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
        const model = against(meant[0]!, flags.minus)
        if (answers.length > 1) tellAnswer(meant)
        const { network, output, preprocessing } = model
        const [only, ...others] = questionsOf(model, [flags.class], flags.minus)
        if (others.length > 0) throw new UsageError('a graft explains one class: write a file for each')
        const composite = chosenComposite(model, asked)
        const target = targetIn(model, only!)
        const range = 'missing' in preprocessing ? undefined : rangeOf(preprocessing)
        const grafted = await rulesAbout(path, () => graft(network, composite, { output, target, range }))
        await writeModelFile(out, grafted, signal)
        console.log(`${out}: ${signature(grafted)}`)
      })
    })
}

/** Say which of several answers the file explains: it has room for one. */
function tellAnswer([model, ...others]: readonly Model[]): void {
  const called = (one: Model) => `${nameOf(one)} (${one.output})`
  const rest = others.length > 0 ? `, and not ${others.map(called).join(', ')}: --output chooses another` : ''
  console.error(`The answer ${called(model!)} is explained${rest}`)
}
