import { Command, InvalidArgumentError, Option } from 'commander'
import { Progress } from '../base/progress.ts'
import {
  FEATURES,
  MARK_TEXT,
  type Mark,
  type Planting,
  parseMark,
  SHOWING,
} from '../datasets/synthetic/planting.ts'
import { synthesize } from '../datasets/synthetic/synthesize.ts'
import { checkCommand } from './datasetCheck.ts'
import { infoCommand } from './datasetInfo.ts'
import { showCommand } from './datasetShow.ts'
import { untilStopped } from './signal.ts'

/** `regard dataset`: make, check and look at data sets. */
export function datasetCommand(): Command {
  const command = new Command('dataset').description('Draw, check and look at data sets.')
  command
    .command('synthesize')
    .description(
      "Draw labelled faces in Adience's layout, with landmarks, masks of the parts, and the parts that show each label.",
    )
    .argument('<dir>', 'the folder to write to; must be new or empty')
    .option('--count <n>', 'how many photos', wholeNumber, 1500)
    .option('--seed <text>', 'any text; the same seed gives the same files', '1')
    .addOption(new Option('--only <cue|part>', 'show the labels by this cue or part alone').choices(SHOWING))
    .option(
      '--mark <gender:probability>',
      'draw a badge in the upper left corner that gives the right gender this often: f:0.95',
      markFrom,
    )
    .addOption(
      new Option('--pairs <feature>', 'draw every photo twice, with this and without').choices(
        Object.keys(FEATURES),
      ),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  regard dataset synthesize faces --count 1500 --seed 7\n' +
        '  regard dataset synthesize marked --count 1500 --seed 7 --mark f:0.95\n\n' +
        'If the folder already holds the same data set, it is left as it is; if it holds a part of it, the rest is drawn.',
    )
    .action(async (dir: string, options: { count: number; seed: string } & Planting) => {
      const photos = options.pairs ? 2 * options.count : options.count
      const progress = new Progress('Drawing faces', photos)
      await untilStopped((signal) =>
        synthesize(dir, options, (done, total) => {
          signal.throwIfAborted()
          progress.update(done, `${done} of ${total}`)
        }),
      ).finally(() => progress.finish())
      console.log(`${photos} synthetic faces in ${dir}`)
    })
  command.addCommand(infoCommand())
  command.addCommand(checkCommand())
  command.addCommand(showCommand())
  return command
}

function markFrom(text: string): Mark {
  const mark = parseMark(text)
  if (mark) return mark
  throw new InvalidArgumentError(`Give ${MARK_TEXT}.`)
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000) {
    throw new InvalidArgumentError('Give a whole number from 1 to 1000000.')
  }
  return value
}
